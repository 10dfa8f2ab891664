"""What every survey must keep, whichever file is added: it says what it is, it tells of every kind of learner or says
why it does not, the same question has the same answer, and what it finds can be written."""

import json
from inspect import signature
from pathlib import Path

import pytest

from cli.commands.explain import explain
from cli.commands.surveys import SCREENS
from ml_core.explain.survey import load_survey, survey_names
from ml_core.spec.plain import plain
from tests.contracts.explained import HORIZON, stretch_of

EXPLAINED = (Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
every_survey = pytest.mark.parametrize("name", survey_names())
LEARNERS = [
    ("lstm", "pooled"),
    ("transformer", "joint"),
    ("tft", "pooled"),
    ("ridge", "pooled"),
    ("hist_gradient_boosting", "pooled"),
    ("garch", "pooled"),
    ("zero", "pooled"),
]
every_learner = pytest.mark.parametrize(("learner", "layout"), LEARNERS)


@every_survey
def test_the_command_line_asks_it_and_tells_it_and_a_document_says_what_it_is_of(name):
    assert name in SCREENS, "cli/commands/surveys.py"
    assert name in signature(explain).parameters, "cli/commands/explain.py"
    assert f"| `--{name}` |" in EXPLAINED, "docs/explain.md"


@every_survey
def test_it_says_in_one_line_what_it_tells(name):
    about = load_survey(name).about
    assert about.strip() == about != ""
    assert "\n" not in about
    assert not about.endswith(".")


@every_survey
@every_learner
def test_it_tells_the_same_twice_as_json_or_says_why_not(name, learner, layout):
    survey, stretch = load_survey(name), stretch_of(learner, layout)
    if why := survey.excuse(stretch):
        assert why.strip() == why
        return
    first, again = (json.dumps(plain(survey.tell(stretch, HORIZON, 3)), allow_nan=False) for _ in "12")
    assert first == again
    assert json.loads(first)


@every_survey
def test_it_tells_of_networks_lines_and_trees(name):
    for learner in ("lstm", "ridge", "hist_gradient_boosting"):
        assert not load_survey(name).excuse(stretch_of(learner))


@every_survey
@pytest.mark.parametrize("learner", ["garch", "zero"])
def test_of_who_reads_no_features_it_says_so(name, learner):
    assert "reads no features" in load_survey(name).excuse(stretch_of(learner))


def test_a_file_that_declares_no_survey_is_named_with_what_it_lacks(monkeypatch):
    monkeypatch.delattr("ml_core.explain.surveys.importance.SURVEY")
    with pytest.raises(
        TypeError, match=r"ml_core/explain/surveys/importance\.py: expected SURVEY = Survey\(…\)"
    ):
        load_survey("importance")
