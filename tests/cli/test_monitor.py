"""`monitor` shows what does not hold until somebody says that he knows; `report` writes what is known of one."""

import json
from pathlib import Path

import polars as pl
import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import place_order
from ml_core.data.prices import read_prices
from ml_core.data.quality.judge import FINDINGS
from ml_core.home.settings import open_home
from tests.cli.command_line import run
from tests.market import NOW, small_experiment


@pytest.fixture(scope="module")
def refused(new_home) -> str:
    """A home in which every bar of the last session is in quarantine."""
    home, experiment = new_home(), small_experiment()
    refresh(experiment, home, now=NOW)
    prices = read_prices(experiment, home)
    last = prices.filter(date=prices["date"].max()).select("ticker", "date")
    rows = last.with_columns(check=pl.lit("units"), verdict=pl.lit("quarantine"), reason=pl.lit("a unit"))
    blank = [pl.lit(None, kind).alias(name) for name, kind in FINDINGS.items() if name not in rows.columns]
    place_order(experiment, home).store.findings.keep(
        rows.with_columns(blank).select(list(FINDINGS)), now=NOW
    )
    return str(home.root)


def test_where_everything_holds_it_says_so(file, home):
    done = run("monitor", file, "--home", home)
    assert done.exit_code == 0, done.output
    assert "no breach that you do not know of" in done.stdout


def test_where_nothing_is_stored_it_names_the_command_that_helps(file, tmp_path):
    done = run("monitor", file, "--home", str(tmp_path))
    assert done.exit_code in (1, 2)
    assert f"candorcast refresh {file} --home {tmp_path}" in done.stderr


def test_a_breach_is_shown_with_the_command_that_acknowledges_it_which_then_works(file, refused):
    done = run("monitor", file, "--home", refused)
    assert done.exit_code == 1
    assert "of the bars of the last 5 sessions were refused" in done.stdout
    command = f"candorcast monitor {file} --home {refused} --acknowledge 1"
    assert command in done.stdout
    assert f"candorcast monitor {file}" in run("doctor", file, "--home", refused).stdout
    assert run(*command.split()[1:]).exit_code == 0
    told = json.loads(run("monitor", file, "--home", refused, "--json").stdout)
    assert [one["state"] for one in told["breaches"]] == ["acknowledged"]
    assert "monitoring" not in run("doctor", file, "--home", refused).stdout


def test_an_unknown_breach_is_refused_with_those_that_there_are(file, refused):
    run("monitor", file, "--home", refused)
    done = run("monitor", file, "--home", refused, "--mute", "7")
    assert done.exit_code == 2
    assert "no breach 7; open are: 1" in done.stderr


def test_a_report_names_the_file_that_it_wrote(file, home):
    told = json.loads(run("report", file, "--home", home, "--json").stdout)
    assert Path(told["file"]).read_text() == told["text"]
    assert open_home(Path(home)).root in Path(told["file"]).parents


@pytest.mark.parametrize("ending", ["html", "docx", "pdf"])
def test_a_report_becomes_the_file_that_is_asked_for_also_where_nobody_answers(file, home, tmp_path, ending):
    out = tmp_path / f"report.{ending}"
    done = run("report", file, "--home", home, "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "Nobody answers yet." in done.stdout
    assert f"written to {out}" in done.stdout
    assert out.stat().st_size > 3000
    assert [one.name for one in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--out", "report.txt"), "expected a name that ends in .docx, .html, .pdf"),
        (("--paper", "a5"), "--paper a5: expected a4 or letter"),
        (("--paper", "letter"), "expected --out with a name that ends in .docx or .pdf"),
        (("--paper", "letter", "--out", "a.html"), "expected --out with a name that ends in .docx or .pdf"),
        (
            ("--out", "/proc/a.html"),
            "--out /proc/a.html: cannot be written: the folder /proc cannot be written",
        ),
        (("--version", "9"), "has no version '9'"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_by_name(file, home, options, told):
    done = run("report", file, "--home", home, *options)
    assert done.exit_code == 2
    assert told in done.stderr


def test_doctor_tells_of_each_experiment_that_is_named(file, home, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(Path(file).read_text().replace('name = "small"', 'name = "other"'))
    done = run("doctor", file, str(other), "--home", home, "--json")
    told = json.loads(done.stdout)["conditions"]
    assert {one["experiment"] for one in told if one["part"] == "bars"} == {"small", "other"}
    assert [one["part"] for one in told].count("stack") == 1
    assert any(str(other) in one["run"] for one in told), "each command names the experiment that it helps"
