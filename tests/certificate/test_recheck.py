"""A stranger with bars and code finds the same, or is told what differs."""

import hashlib
import json
from importlib.metadata import version as installed
from pathlib import Path

import polars as pl
import pytest

from cli.commands.certify import ENDINGS
from ml_core.audit import lockfile
from ml_core.certificate.certify import describe, hash_table
from ml_core.certificate.checked import SAME, WORD
from ml_core.certificate.kept import keep
from ml_core.certificate.paper import sign, verify
from ml_core.certificate.recheck import recheck
from ml_core.certificate.sections import Certificate, read_certificate
from ml_core.certificate.signing_key import fingerprint, make_key, public_of, read_key
from ml_core.data.intake.refresh import refresh
from ml_core.data.order import place_order
from ml_core.errors import BrokenArtifact, InvalidInput
from ml_core.promotion.judge import promote_candidate
from ml_core.promotion.reference import fill_seat
from ml_core.registry.searched import Searched
from ml_core.registry.versions import Registry
from ml_core.vocabulary.words import CHECKS
from tests.candidate import fit_candidate
from tests.cli.command_line import run
from tests.market import NOW, small_experiment, write_experiment

COMPARED = {"audit", "claims", "data", "gate", "lock", "scores", "weights"}
ON_WORD = {"about", "luck", "place of the bars", "recipe", "spec"}
ALL_FINE = dict.fromkeys(COMPARED, True) | dict.fromkeys(ON_WORD)


@pytest.fixture(scope="module")
def certified(new_home, tmp_path_factory):
    """A home with a version that was chosen among seven; what is signed of it, in which nothing was changed."""
    home, experiment = new_home(), small_experiment()
    refresh(experiment, home, now=NOW)
    candidate = fit_candidate(experiment, home, Searched(trials=7, independent=7.0, overfitting=0.25))
    version = promote_candidate(experiment, home, candidate, now=NOW).version
    file = tmp_path_factory.mktemp("keys") / "own.pem"
    make_key(file)
    return home, version, verify(sign(describe(version, home).parts(), read_key(str(file)))), file


def read(parts) -> Certificate:
    return read_certificate(parts, who="own.certificate")


def outcome(checked) -> dict[str, bool | None]:
    return {one.part: one.same for one in checked}


def test_a_stranger_with_the_same_bars_finds_the_same(certified, new_home):
    paper, stranger = certified[2], new_home()
    refresh(small_experiment(), stranger, now=NOW)
    checked = recheck(read(paper.parts), stranger)
    assert outcome(checked) == ALL_FINE, [one.why for one in checked]


def test_what_came_out_the_same_is_kept_where_that_is_asked_and_its_report_is_written(
    certified, new_home, tmp_path
):
    _, version, paper, key = certified
    signed, stranger = tmp_path / "own.certificate", new_home()
    signed.write_bytes(sign(paper.parts, read_key(str(key))))
    file = write_experiment(tmp_path)
    told = run("recheck", str(signed), "--keep", "--home", str(stranger.root))
    assert told.exit_code == 0, told.output
    kept = Registry(stranger).find(version.name, "1")
    assert kept.aliases == ()
    assert (kept.evidence.claims, kept.evidence.scores) == (version.evidence.claims, version.evidence.scores)
    assert kept.evidence.search == version.evidence.search
    assert kept.evidence.role == version.evidence.role
    written = run(
        "report", str(file), "--version", "1", "--home", str(stranger.root), "--out", str(tmp_path / "r.html")
    )
    assert written.exit_code == 0, written.output
    assert "7 models were tried" in written.stdout


def test_a_reference_that_is_kept_is_no_model_that_was_chosen(new_home):
    home, stranger = new_home(), new_home()
    order = place_order(small_experiment(), home)
    for one in (home, stranger):
        refresh(small_experiment(), one, now=NOW)
    reference, kept = fill_seat(order, now=NOW), []
    signed = describe(reference, home)
    recheck(signed, stranger, keep=lambda *made: kept.extend(keep(signed, *made, stranger, now=NOW)))
    assert kept[0].evidence.role == reference.evidence.role == "reference"
    assert kept[0].evidence.search == reference.evidence.search


def test_one_that_was_signed_before_is_verified_and_read_and_every_value_stands_as_it_was_signed():
    signed = verify((Path(__file__).parent / "signed_before.certificate").read_bytes()).parts
    certificate = read(signed)
    assert certificate.parts() == signed
    assert (certificate.about.model, certificate.recipe.experiment.name) == ("small.simulated", "small")
    assert certificate.luck.independent == 7.0


def test_a_text_that_would_command_a_terminal_is_in_no_certificate(certified):
    parts = json.loads(json.dumps(certified[2].parts))
    parts["about"]["model"] = "demo\x1b[31mEVIL"
    with pytest.raises(BrokenArtifact, match=r"own.certificate: about.model has control characters"):
        read(parts)


def test_a_section_that_lacks_something_is_named(certified):
    parts = dict(certified[2].parts)
    parts["luck"] = {name: value for name, value in parts["luck"].items() if name != "look"}
    with pytest.raises(
        BrokenArtifact, match=r"^own\.certificate was made by another candorcast, .*: luck\.look: "
    ) as told:
        read(parts)
    assert "\n" not in str(told.value)


def test_on_other_bars_it_names_them_and_ends_there(certified, new_home):
    paper, stranger = certified[2], new_home()
    order = place_order(small_experiment(), stranger)
    refresh(small_experiment(), stranger, now=NOW)
    bars = order.store.bars.read(("ALFA",))
    assert hash_table(bars) != hash_table(bars.with_columns(pl.col("close") * 1.0001))
    parts = dict(paper.parts) | {"data": paper.parts["data"] | {"sha256": "0" * 64}}
    checked = outcome(recheck(read(parts), stranger))
    assert checked["data"] is False
    assert {part for part, same in checked.items() if same is None} == ON_WORD | COMPARED - {"data", "lock"}


@pytest.mark.parametrize("part", ["weights", "scores", "claims", "audit", "gate", "lock"])
def test_a_certificate_that_claims_something_else_is_told_which(certified, part):
    """Whoever has the key can sign what is not so; to make it again finds out."""
    home, _, paper, _ = certified
    parts = json.loads(json.dumps(dict(paper.parts)))
    match part:
        case "weights":
            parts["weights"]["weights.safetensors"] = "0" * 64
        case "scores":
            parts["scores"]["scores"][0]["value"] = 0.0
        case "claims":
            parts["claims"][0]["standing"] = (
                "proven" if parts["claims"][0]["standing"] != "proven" else "unproven"
            )
        case "audit":
            parts["audit"]["compared"][0]["rows"] += 1
        case "gate":
            check = next(one for one in parts["audit"]["gate"]["checks"] if one["name"] == CHECKS["proven"])
            check["value"] += 1
        case "lock":
            parts["lock"]["sha256"] = "0" * 64
    checked = outcome(recheck(read(parts), home))
    assert checked == ALL_FINE | {part: False}


def test_a_verdict_that_does_not_follow_from_its_checks_is_told(certified):
    home, _, paper, _ = certified
    parts = json.loads(json.dumps(dict(paper.parts)))
    parts["audit"]["gate"]["passed"] = not parts["audit"]["gate"]["passed"]
    checked = {one.part: one for one in recheck(read(parts), home)}
    assert checked["gate"].same is False
    assert "the verdict does not follow" in checked["gate"].why


def test_a_check_of_the_gate_that_asks_who_sat_there_is_on_the_word_of_the_signer(certified):
    home, _, paper, _ = certified
    parts = json.loads(json.dumps(dict(paper.parts)))
    gate = parts["audit"]["gate"]
    gate["checks"].append({**gate["checks"][0], "name": CHECKS["less"], "passed": True})
    checked = {one.part: one for one in recheck(read(parts), home)}
    assert checked["gate"].same is True
    rest = checked["other checks of the gate"]
    assert rest.same is None and rest.why == CHECKS["less"]


def test_what_nobody_can_compare_is_said_to_rest_on_the_word_of_the_signer(certified, tmp_path):
    home, _, paper, key = certified
    luck, about = (
        paper.parts["luck"] | {"overfitting": 0.01},
        paper.parts["about"] | {"created": "1999-01-01"},
    )
    file = tmp_path / "own.certificate"
    file.write_bytes(sign({**paper.parts, "luck": luck, "about": about}, read_key(str(key))))
    done = run("recheck", str(file), "--home", str(home.root))
    assert done.exit_code == 0, done.output
    last = " ".join(done.stdout.split()).rpartition("what can be made again is the same; ")[2]
    assert last.startswith("on the signer's word: ")
    assert set(ON_WORD) == {part for part in ON_WORD if part in last}
    assert "anyone may sign" in done.stdout


def test_another_signer_than_the_expected_one_is_refused_by_name(certified, tmp_path):
    home, _, paper, key = certified
    make_key(tmp_path / "other.pem")
    other = public_of(read_key(str(tmp_path / "other.pem")))
    file = tmp_path / "own.certificate"
    file.write_bytes(sign(paper.parts, read_key(str(key))))
    refused = run("recheck", str(file), "--home", str(home.root), "--signer", other)
    assert refused.exit_code == 1
    told = " ".join(refused.stderr.split())
    assert (
        f"signed by the key {fingerprint(paper.key)} ({paper.key}), and not by {fingerprint(other)}" in told
    )


def test_one_of_another_candorcast_is_told_by_the_key_that_is_not_known_here(certified, tmp_path):
    home, _, paper, key = certified
    recipe = paper.parts["recipe"]
    later = {**recipe, "experiment": {**recipe["experiment"], "tasks": {}}}
    file = tmp_path / "own.certificate"
    file.write_bytes(sign({**paper.parts, "recipe": later}, read_key(str(key))))
    refused = run("recheck", str(file), "--home", str(home.root))
    assert refused.exit_code == 1
    assert " ".join(refused.stderr.split()).endswith(
        "was made by another candorcast, and this one cannot read it: unknown key 'recipe.experiment.tasks'; "
        "did you mean 'recipe.experiment.task'?"
    )


def test_a_file_of_another_kind_is_refused_as_no_certificate(certified, tmp_path):
    (tmp_path / "README.md").write_text("# Hello\n")
    refused = run("recheck", str(tmp_path / "README.md"), "--home", str(certified[0].root))
    assert refused.exit_code == 2
    assert " ".join(refused.stderr.split()).endswith(
        "is no certificate; expected what the command certify wrote"
    )


def test_no_key_is_made_for_a_version_that_cannot_be_certified(certified, tmp_path):
    home, version, _, _ = certified
    file, key, out = write_experiment(tmp_path), tmp_path / "new.pem", tmp_path / "own.certificate"
    asked = ("--home", str(home.root), "--out", str(out), "--key", str(key), "--new-key", "--version")
    assert run("certify", str(file), *asked, "999").exit_code == 2
    assert not key.exists()
    done = run("certify", str(file), *asked, version.version)
    assert done.exit_code == 0, done.output
    assert f"--signer {public_of(read_key(str(key)))}" in " ".join(done.stdout.split())


def test_the_command_signs_a_file_that_the_other_command_checks(certified, tmp_path):
    home, version, _, key = certified
    file, out = write_experiment(tmp_path), tmp_path / f"own{ENDINGS[0]}"
    asked = ("--home", str(home.root), "--version", version.version, "--key", str(key), "--out", str(out))
    done = run("certify", str(file), *asked)
    assert done.exit_code == 0, done.output
    told_key = public_of(read_key(str(key)))
    noted = Registry(home).find(version.name, version.version).certificate
    assert noted is not None
    assert noted.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert (noted.key, noted.fingerprint) == (told_key, fingerprint(told_key))
    listed = run("models", str(file), "--home", str(home.root)).stdout
    assert noted.sha256 in "".join(listed.split())
    reported = run("report", str(file), *asked[:4], "--json").stdout
    assert f"certificate | {noted.told}" in json.loads(reported)["text"]
    told = json.loads(
        run("recheck", str(out), "--home", str(home.root), "--signer", told_key, "--json").stdout
    )
    assert told["same"], told["parts"]
    assert set(told["on_word"]) == ON_WORD
    assert told["signer_expected"] and told["fingerprint"] == fingerprint(told_key)
    assert {one["standing"] for one in told["parts"]} == {SAME, WORD}
    out.write_bytes(out.read_bytes().replace(b'"role":"candidate"', b'"role":"candidatf"'))
    refused = run("recheck", str(out), "--home", str(home.root))
    assert refused.exit_code == 1
    assert "changed after it was signed: about" in refused.stderr


def test_certify_warns_in_a_line_where_other_versions_are_installed_than_locked(
    certified, tmp_path, monkeypatch
):
    home, version, _, key = certified
    asked = ("--home", str(home.root), "--version", version.version, "--key", str(key))
    ask = ("certify", str(write_experiment(tmp_path)), *asked, "--out", str(tmp_path / "own.certificate"))
    assert "otherwise than" not in run(*ask).stderr
    monkeypatch.setattr(lockfile, "installed", lambda name: "0" if name == "polars" else installed(name))
    done = run(*ask)
    assert done.exit_code == 0, done.output
    (told,) = done.stderr.strip().splitlines()
    assert told.startswith("candorcast: 1 of the installed packages is not the version of constraints.txt")
    assert "polars 0 (" in told and "docs/install.md" in told
    checked = run("recheck", str(tmp_path / "own.certificate"), "--home", str(home.root))
    assert checked.exit_code == 1 and "installed otherwise than locked: polars 0" in checked.stdout


def test_without_a_key_it_says_how_to_have_one(certified, tmp_path):
    file = write_experiment(tmp_path)
    done = run(
        "certify", str(file), "--home", str(certified[0].root), "--out", str(tmp_path / "own.certificate")
    )
    assert done.exit_code == 2
    assert "--new-key makes one" in done.stderr


def test_of_a_version_of_before_it_is_refused_with_what_helps(certified):
    home, version, _, _ = certified
    old = version.evidence.model_copy(update={"independent": None})
    with pytest.raises(InvalidInput, match="run: candorcast search small"):
        describe(type(version)(**{**vars(version), "read": old}), home)
