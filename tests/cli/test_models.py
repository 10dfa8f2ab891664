"""`candorcast models` where a version cannot be read: the others are listed, and the reason is said."""

import json
from pathlib import Path

import pytest

from ml_core.home.settings import open_home
from ml_core.registry.versions import Registry
from ml_core.spec.plain import plain
from tests.cli.command_line import run

NAME = "small.simulated"


@pytest.fixture(scope="module")
def broken(champion) -> str:
    """A second version beside the champion, registered by a later candorcast."""
    registry = Registry(open_home(Path(champion)))
    first = registry.find(NAME)
    second = registry.register(registry.load(first), NAME, first.evidence)
    file = second.folder / "evidence.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    return champion


def test_a_version_that_cannot_be_read_stands_in_the_list_and_the_reason_is_said(file, broken):
    done = run("models", file, "--home", broken)
    assert done.exit_code == 0
    rows = done.stdout.splitlines()[2:4]
    assert [row.split()[0] for row in rows] == ["2", "1"]
    assert rows[0].endswith("unreadable")
    assert "champion" in rows[1]
    assert "who sat where" in done.stdout
    told, old = done.stderr.splitlines()
    assert "version 1 knows no outcome after " in old
    assert f"{NAME} version 2 was registered by a later candorcast: its evidence has format 99" in told


def test_the_document_has_the_reason_where_the_evidence_would_stand(file, broken):
    second, first = json.loads(run("models", file, "--home", broken, "--json").stdout)
    assert second["evidence"] is None
    assert "update candorcast" in second["error"]
    assert first["evidence"] == plain(Registry(open_home(Path(broken))).find(NAME).evidence)
    assert "error" not in first
    assert (second["sat"], first["sat"][-1]["seat"]) == ([], "champion")


def test_it_is_neither_served_nor_rolled_back_to_and_the_others_are(file, broken):
    for command in ("predict", "backtest", "rollback"):
        done = run(command, file, "--version", "2", "--home", broken)
        assert (done.exit_code, done.stdout) == (1, ""), command
        assert "update candorcast" in done.stderr
    assert run("predict", file, "--home", broken).exit_code == 0


def test_no_data_are_freed_while_a_version_does_not_say_which_it_needs(file, broken):
    done = run("vacuum", file, "--home", broken)
    assert done.exit_code == 1
    assert f"{NAME} version 2" in done.stderr


def test_who_sat_where_says_each_thing_once(file, champion):
    lines = run("models", file, "--home", champion).stdout.partition("who sat where\n")[2].splitlines()
    assert lines[0].split() == ["since", "seat", "version", "why"]
    assert [" ".join(line.split()[3:]) for line in lines[1:3]] == ["refused by the gate", "put there by hand"]


def test_a_model_that_nobody_fitted_again_is_told_with_what_can_be_done(file, champion):
    asked = (file, "--home", champion, "--set", "validation.test=20")
    for command in ("predict", "models"):
        done = run(command, *asked)
        line = next(line for line in done.stderr.splitlines() if "knows no outcome after" in line)
        assert "39 sessions ago: it was put there by hand, and it is fitted again in " in line
        assert "another may be looked for now; run: candorcast search" in line
        assert line.endswith("--afresh")
        assert run(command, *asked, "--set", "serving.refit=60").stderr.count("knows no outcome") == 0
    assert "knows no outcome" in json.loads(run("predict", *asked, "--json").stdout)["old_model"]
    listed = json.loads(run("models", *asked, "--json").stdout)
    assert [version["version"] for version in listed if "old" in version] == ["1"]
