"""What the timer of the Runs tab brings back lies behind what a person has chosen meanwhile."""

import json
from types import SimpleNamespace

import pytest

from ml_core.data.order import place_order
from ml_core.home.settings import Settings
from serving.door.access import Access
from serving.service import Service
from serving.ui._watching import Watching
from tests.market import NOW, small_experiment

VISITOR = SimpleNamespace(username=None)
OLDER, NEWER = "20251231-120000-000000-audit", "20260101-120000-000000-refresh"


@pytest.fixture
def watching(new_home) -> Watching:
    home = new_home()
    for name in (OLDER, NEWER):
        folder = home.runs / name
        folder.mkdir(parents=True)
        created = f"{name[:4]}-{name[4:6]}-{name[6:8]}T12:00:00+00:00"
        told = {"verb": name.rpartition("-")[2], "experiment": "small", "parameters": {}, "by": "anna"}
        (folder / "asked.json").write_text(json.dumps({**told, "keeper": 1, "created": created}))
        (folder / "ended.json").write_text(json.dumps({"code": 0, "at": created}))
        (folder / "log").write_text("done\n")
    service = Service(place_order(small_experiment(), home), clock=lambda: NOW)
    return Watching(service, Access(Settings()))


def choice_of(updates: list) -> dict:
    """What becomes of the field in which a run is chosen."""
    return next(one for one in updates if isinstance(one, dict) and "choices" in one)


def test_a_look_lists_the_runs_and_leaves_the_choice_as_it_is(watching):
    told = choice_of(watching.look("", OLDER, VISITOR))
    assert [name for _, name in told["choices"]] == [NEWER, OLDER]
    assert "value" not in told


def test_where_none_was_chosen_the_newest_is(watching):
    assert choice_of(watching.look("", None, VISITOR))["value"] == NEWER


def test_a_version_that_nobody_registered_is_told_at_once_by_the_name_of_its_field(watching):
    told = str(watching.begin("", OLDER, "audit", None, None, False, False, "99", 4, VISITOR))
    assert "Version: small.simulated has no version" in told


def test_a_run_that_could_not_begin_leaves_the_choice_as_it_is(watching):
    asked = ("predict", "never", None, False, False, None, None)
    updates = watching.begin("", OLDER, *asked, VISITOR)
    assert "value" not in choice_of(updates)
    assert "as_of" in str(updates).casefold() or "expected a day" in str(updates)
