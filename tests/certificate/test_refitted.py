"""Of what was fitted again, a stranger finds the same as of who was judged, or is told what differs."""

import datetime as dt
import random

import pytest

from ml_core.certificate.certify import describe
from ml_core.certificate.paper import sign, verify
from ml_core.certificate.recheck import recheck
from ml_core.certificate.sections import read_certificate
from ml_core.data.intake.refresh import refresh
from ml_core.data.order import Order, place_order
from ml_core.errors import BrokenArtifact
from ml_core.forecaster.files import WEIGHTS, checksum
from ml_core.promotion.judge import promote_candidate
from ml_core.promotion.refit import refit_champion
from ml_core.registry.searched import Searched
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from tests.candidate import fit_candidate
from tests.cli.command_line import run
from tests.market import NOW, small_experiment, write_experiment

TOLD = {
    "data": {"simulated": {"sessions": 330, "seed": 3, "ic": 0.3}},
    "gate": {"claims": ["level"], "beat": ["last"], "coverage_tolerance": 0.5, "significance": 0.3},
}
EXPERIMENT = small_experiment(**TOLD)
EARLY = dt.datetime(2019, 2, 14, 23, tzinfo=dt.UTC)
MADE_AGAIN = {"lock", "data", "weights", "claims", "audit", "gate"}
BOTH = {"scores", "experiment", *MADE_AGAIN, *(f"{part} of version 1" for part in MADE_AGAIN)}


@pytest.fixture(scope="module")
def signed(new_home, key) -> list[bytes]:
    """Of a refit, and of the one that was fitted again from it when more bars were there."""
    home = new_home()
    refresh(EXPERIMENT, home, now=EARLY)
    order = place_order(EXPERIMENT, home)
    candidate = fit_candidate(EXPERIMENT, home, Searched(trials=3))
    assert promote_candidate(EXPERIMENT, home, candidate, now=EARLY).promoted
    first = fit_again(order, EARLY)
    refresh(EXPERIMENT, home, now=NOW)
    return [sign(describe(one, home).parts(), key) for one in (first, fit_again(order, NOW))]


def fit_again(order: Order, now: dt.datetime) -> ModelVersion:
    done = refit_champion(order, now=now, always=True)
    assert done is not None and done.version is not None
    return done.version


@pytest.fixture(scope="module")
def stranger(new_home):
    """With all bars at once."""
    home = new_home()
    refresh(EXPERIMENT, home, now=NOW)
    return home


def read(parts):
    return read_certificate(parts, who="own.certificate")


def parts_of(content: bytes) -> dict:
    """To be changed by a test."""
    return dict(verify(content).parts)


def outcome(checked) -> dict[str, bool | None]:
    return {one.part: one.same for one in checked}


def test_a_stranger_fits_it_again_from_who_was_judged_and_lays_it_beside_him(signed, stranger):
    certificate = read(parts_of(signed[0]))
    assert (certificate.about.role, certificate.about.refit.judged) == ("refit", "1")
    found = outcome(recheck(certificate, stranger))
    assert {part for part, same in found.items() if same} == BOTH | {"beside its parent"}
    assert all(same is not False for same in found.values())


@pytest.mark.parametrize("which", [0, 1])
def test_who_keeps_what_was_made_again_has_the_refit_beside_who_was_judged_and_its_report(
    signed, new_home, tmp_path, which
):
    file, home = tmp_path / "own.certificate", new_home()
    file.write_bytes(signed[which])
    refresh(EXPERIMENT, home, now=NOW)
    told = run("recheck", str(file), "--keep", "--home", str(home.root))
    name = EXPERIMENT.model_name
    assert f"kept here as {name} version 2, refitted from version 1, the one that was judged" in told.stdout
    judged, kept = (Registry(home).find(name, version) for version in "12")
    certificate = read(parts_of(signed[which]))
    assert (judged.aliases, kept.aliases) == ((), ())
    assert judged.evidence.claims == certificate.of_judged().claims
    assert (kept.evidence.role, kept.evidence.refit.judged) == ("refit", "1")
    assert kept.evidence.claims == certificate.claims
    assert checksum(kept.folder / WEIGHTS) == certificate.weights[WEIGHTS]
    assert kept.evidence.notes[-1].endswith(f"version {certificate.about.version}")
    numbered = [
        check.why for one in (judged, kept) for check in one.evidence.gate.checks if "version" in check.why
    ]
    assert numbered and all("(as signed)" in why for why in numbered), (
        "numbers of versions are those of there"
    )
    run("recheck", str(file), "--keep", "--home", str(home.root))
    assert len(Registry(home).versions(name)) == 2, "what is kept is not kept again"
    own = write_experiment(tmp_path, **TOLD)
    page = tmp_path / "r.html"
    written = run("report", f"{own}", "--version", "2", "--home", f"{home.root}", "--out", f"{page}")
    assert written.exit_code == 0, written.output
    assert "Version 2 is version 1 fitted again on newer prices" in written.stdout


def test_of_a_refit_of_a_refit_only_how_it_lies_beside_its_parent_is_on_the_word_of_the_signer(
    signed, stranger
):
    checked = {one.part: one for one in recheck(read(parts_of(signed[1])), stranger)}
    assert {part for part, one in checked.items() if one.same} == BOTH
    assert checked["beside its parent"].why == "version 2, a refit too, is not made again"


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_signed_otherwise_is_told_whose_it_is(signed, stranger, which):
    parts = parts_of(signed[which])
    parts["weights"]["weights.safetensors"] = "0" * 64
    parts["judged"]["audit"]["compared"][0]["rows"] += 1
    parts["claims"][0]["why"] += ", and more"
    parts["about"]["refit"]["rows"] += 1
    parts["recipe"]["experiment"]["gate"]["coverage"] = 0.6
    found = outcome(recheck(read(parts), stranger))
    expected = {"weights", "claims", "experiment", "gate", "audit of version 1"}
    expected |= {"beside its parent"} if which == 0 else set()
    assert {part for part, same in found.items() if same is False} == expected


def test_on_other_bars_nothing_of_either_is_made_again(signed, stranger):
    parts = parts_of(signed[0])
    parts["judged"]["data"]["sha256"] = "0" * 64
    found = outcome(recheck(read(parts), stranger))
    assert found["data of version 1"] is False
    assert {"weights", "weights of version 1", "scores", "claims"} <= {
        part for part, same in found.items() if same is None
    }


@pytest.mark.parametrize(
    "told",
    [
        lambda parts: parts.pop("judged"),
        lambda parts: parts["about"].pop("refit"),
        lambda parts: parts["judged"].update(about=parts["about"]),
        lambda parts: parts["judged"]["about"].update(refit=parts["about"]["refit"]),
    ],
)
def test_a_refit_and_who_was_judged_are_told_together_or_refused_in_one_line(signed, told):
    parts = parts_of(signed[0])
    told(parts)
    with pytest.raises(
        BrokenArtifact, match=r"^own\.certificate was made by .*: judged: expected "
    ) as refused:
        read(parts)
    assert "\n" not in str(refused.value)


def test_it_has_a_format_of_its_own_so_that_an_earlier_candorcast_says_that_it_cannot_read_it(signed):
    assert {content.split(b"\n")[0] for content in signed} == {b"candorcast certificate 2"}


def test_each_of_200_single_bit_forgeries_of_it_is_named(signed):
    content, dice = signed[0], random.Random(7)
    names = [b"head", *(line.split(b" ")[0] for line in content.split(b"\n")[1:-1])]
    for place in dice.sample(range(len(content)), 200):
        forged = bytearray(content)
        forged[place] ^= 1 << dice.randrange(8)
        named = names[content[:place].count(b"\n")].decode()
        with pytest.raises(BrokenArtifact, match=rf"signed: (key or )?{named}\b"):
            verify(bytes(forged))
