"""What is handed on of a version from Python, its report, its lineage, a rebuild and a certificate, is what the command
line hands on."""

import json
from pathlib import Path

import polars as pl
import pytest

import candorcast
from candorcast import ForecastError, Opened
from candorcast.calling import as_call
from ml_core.data.intake.refresh import refresh
from ml_core.promotion.judge import promote_candidate
from ml_core.registry.searched import Searched
from ml_core.registry.versions import Registry
from ml_core.spec.plain import plain
from tests.candidate import fit_candidate
from tests.cli.command_line import run
from tests.market import NOW, small_experiment, write_experiment


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> str:
    return str(write_experiment(tmp_path_factory.mktemp("experiment")))


@pytest.fixture(scope="module")
def opened(new_home, file) -> Opened:
    """A home with a champion who has spoken once."""
    home, experiment = new_home(), small_experiment()
    refresh(experiment, home, now=NOW)
    candidate = fit_candidate(experiment, home, Searched(trials=7))
    version = promote_candidate(experiment, home, candidate, now=NOW).version
    Registry(home).promote(experiment.model_name, version.version)
    own = candorcast.open(file, home=home.root)
    own.predict()
    return own


@pytest.fixture(scope="module")
def signed(opened, tmp_path_factory) -> tuple[Path, str]:
    """A certificate of the champion, and the public key that signed it."""
    folder = tmp_path_factory.mktemp("papers")
    certified = opened.certify(folder / "own.certificate", key=folder / "own.pem", new_key=True)
    return folder / "own.certificate", certified.key


def document(*asked: str) -> dict:
    """What `--json` prints."""
    done = run(*asked, "--json")
    assert done.exit_code in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_a_report_says_what_the_command_line_writes_and_may_be_a_file(opened, file, tmp_path):
    home = str(opened.home.root)
    told = document("report", file, "--home", home)
    made = opened.report(out=tmp_path / "report.html")
    assert (made.version, made.verdict) == (told["version"], told["verdict"])
    assert made.text.startswith(f"# {made.document.title}") and made.text.startswith(made.first.strip()[:40])
    assert [line for line in made.text.splitlines() if line.startswith("## ")] == [
        line for line in told["text"].splitlines() if line.startswith("## ")
    ]
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert opened.report().document.tables


def test_what_a_kept_forecast_came_of_is_told_as_by_the_command_line(opened, file):
    home = str(opened.home.root)
    told = document("lineage", file, "ALFA", "--home", home)["origins"]
    origins = opened.lineage("ALFA")
    assert [plain(one.summary()) for one in origins] == told
    assert set(origins[0].rows["ticker"]) == {"ALFA"}
    day = str(origins[0].rows["as_of"][0])
    assert opened.lineage("ALFA", as_of=day)[0].rows.equals(origins[0].rows)


def test_where_no_bar_was_edited_nothing_is_stale(opened):
    found = opened.stale()
    assert (found.edits.height, found.versions, found.forecasts.height) == (0, (), 0)


def test_a_rebuild_gives_the_same_files_as_the_command_line_finds(opened):
    told = document("rebuild", "small.simulated", "--home", str(opened.home.root))
    made = opened.rebuild()
    assert made.same
    assert dict(made.checksums) == told["checksums"]


def test_a_certificate_holds_here_and_its_parts_are_a_frame(opened, signed):
    file, key = signed
    heard: list[str] = []
    checked = candorcast.recheck(file, signer=key, home=opened.home.root, progress=heard.append)
    told = document("recheck", str(file), "--home", str(opened.home.root))
    assert (checked.same, checked.key, checked.kept) == (told["same"], told["key"], None)
    assert checked.told == told["told"]
    assert checked.table.columns == ["part", "same", "standing", "why"]
    assert checked.table.select("part", "same", "standing", "why").to_dicts() == [
        {name: one[name] for name in ("part", "same", "standing", "why")} for one in told["parts"]
    ]
    assert checked.table.filter(pl.col("same").not_()).height == 0
    assert heard


def test_a_stranger_fetches_the_bars_and_may_keep_the_version(signed, tmp_path):
    file, key = signed
    checked = candorcast.recheck(file, signer=key, home=tmp_path / "stranger", keep=True)
    assert checked.same and checked.kept is not None
    there = candorcast.open(small_experiment(), home=tmp_path / "stranger")
    assert [one.version for one in there.versions()] == [checked.kept.version]


def test_what_is_asked_wrongly_is_told_in_plain_words(opened, signed, tmp_path, monkeypatch):
    monkeypatch.delenv("CANDORCAST_SIGNING_KEY", raising=False)
    file, _ = signed
    own = {"key": file.with_name("own.pem")}
    for call, told in (
        (lambda: opened.report(out="a.txt"), "out a.txt: expected a name that ends in .docx, .html, .pdf"),
        (lambda: opened.report(out=3), "out: expected the path of a file, got 3"),
        (lambda: opened.report(out=tmp_path / "no" / "a.pdf"), "there is no folder"),
        (lambda: opened.report(paper="a5"), "paper: expected a4 or letter, got 'a5'"),
        (
            lambda: opened.report(paper="letter"),
            "paper letter: expected out with a name that ends in .docx or .pdf",
        ),
        (lambda: opened.report("9"), "has no version '9'"),
        (lambda: opened.rebuild("9"), "has no version '9'"),
        (lambda: opened.lineage("ALFB"), "no forecast of ALFB is kept"),
        (lambda: opened.lineage(as_of="soon"), "as_of: expected a date such as 2024-05-31, got 'soon'"),
        (lambda: opened.certify("a.txt", **own), "out a.txt: expected a name that ends in .certificate"),
        (lambda: opened.certify(tmp_path / "a.certificate"), "key: expected the file of your signing key"),
        (
            lambda: opened.certify(tmp_path / "a.certificate", new_key=True, **own),
            "a key is never written over; to sign with that key, leave out new_key",
        ),
        (lambda: candorcast.recheck(tmp_path / "none"), "none: cannot be read: No such file"),
        (
            lambda: candorcast.recheck(file, signer="ab", home=tmp_path),
            "signer ab: no such file, and 2 hexadecimal digits",
        ),
        (
            lambda: candorcast.recheck(file, signer="ab" * 32, home=tmp_path),
            "signer: the certificate is signed by",
        ),
        (lambda: candorcast.recheck(file, home=5), "home: expected the path of a folder"),
    ):
        with pytest.raises(ForecastError) as refused:
            call()
        assert told in str(refused.value)
        assert "--" not in str(refused.value)
    assert not (tmp_path / "a.certificate").exists()


def test_a_hint_at_a_report_is_told_as_a_call():
    assert as_call("look: candorcast report demo --version 3") == "look: .report(version=3)"
