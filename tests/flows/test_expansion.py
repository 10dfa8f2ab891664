"""`prefect.yaml` says each deployment once; filled in, it says it for every experiment, as Prefect would by hand."""

from pathlib import Path

import pytest
import yaml
from prefect.utilities.templating import apply_values

from flows.expansion import TEMPLATE, VARIABLE, expand
from flows.timetable import variables
from ml_core.errors import InvalidInput
from ml_core.home.settings import open_home
from ml_core.spec.file import read_experiment, require_names
from tests.flows.test_timetable import NOW


def asked_of(name: str, home: Path) -> dict[str, str]:
    return variables(name, read_experiment(name), open_home(home), now=NOW)


def deployments(text: str) -> list[dict]:
    return yaml.safe_load(text)["deployments"]


def test_every_experiment_has_every_deployment(tmp_path: Path):
    asked = [asked_of(name, tmp_path) for name in ("demo", "weekly_etfs", "cross_section")]
    found = deployments(expand(asked))
    assert len(found) == 3 * len(deployments(TEMPLATE.read_text()))
    assert {one["name"] for one in found} == {"demo", "weekly_etfs", "cross_section"}
    left = set(VARIABLE.findall(expand(asked)))
    assert left == {"CANDORCAST_HOME", "CANDORCAST_PROJECT"}, "see AFTER_CLOSE in flows/timetable.py"


def test_what_is_filled_in_is_what_prefect_makes_of_the_file_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The way that the head of the file describes: the variables in the environment, and Prefect's own templating."""
    asked = asked_of("weekly_etfs", tmp_path)
    for name, value in {**asked, "CANDORCAST_HOME": str(tmp_path), "CANDORCAST_PROJECT": "/p"}.items():
        monkeypatch.setenv(name, value)
    by_hand = [apply_values(one, {}, remove_notset=False) for one in deployments(TEMPLATE.read_text())]
    assert [apply_values(one, {}, remove_notset=False) for one in deployments(expand([asked]))] == by_hand


def test_the_sets_of_the_command_stand_in_every_deployment(tmp_path: Path):
    asked = asked_of("demo", tmp_path)
    found = deployments(expand([asked], ["task.lookback=30", 'data.source="files"']))
    assert all(one["parameters"]["overrides"] == ["task.lookback=30", 'data.source="files"'] for one in found)


def test_two_files_of_the_same_name_are_refused_by_both():
    with pytest.raises(InvalidInput, match=r"'a\.toml' and 'b\.toml' are both named 'demo'"):
        require_names({"a.toml": "demo", "b.toml": "demo"})
