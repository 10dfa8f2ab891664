"""What every method of explanation must keep, whichever file is added: it says what it is, it explains or says why it
does not, and what it finds can be written."""

import json
from pathlib import Path

import pytest

from cli.screens.explained import SCREENS, TITLES
from ml_core.explain.method import load_method, method_names
from ml_core.spec.plain import plain
from serving.explanations import Explained
from tests.contracts.explained import HORIZON, TICKER, scene_of

EXPLAINED = (Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
every_method = pytest.mark.parametrize("name", method_names())
LEARNERS = [
    ("lstm", "pooled"),
    ("transformer", "joint"),
    ("tft", "pooled"),
    ("ridge", "pooled"),
    ("zero", "pooled"),
]
every_learner = pytest.mark.parametrize(("learner", "layout"), LEARNERS)


@pytest.mark.parametrize("name", [one for one in method_names() if one != "moved"])
def test_it_is_told_by_the_command_line_the_api_and_the_document(name):
    """`moved` is what every door is built around."""
    assert SCREENS.keys() == TITLES.keys()
    assert name in SCREENS, "cli/screens/explained.py"
    assert name in Explained.model_fields, "serving/explanations.py"
    assert f"`ml_core/explain/methods/{name}.py`" in EXPLAINED, "docs/explain.md"


@every_method
def test_it_says_in_one_line_what_it_tells(name):
    about = load_method(name).about
    assert about.strip() == about != ""
    assert "\n" not in about
    assert not about.endswith(".")


@every_method
@every_learner
def test_it_explains_or_says_why_not_and_is_written_as_json(name, learner, layout):
    method, subject = load_method(name), scene_of(learner, layout).about(TICKER, HORIZON)
    if why := method.excuse(subject):
        assert why.strip() == why
        return
    told = json.dumps(plain(method.explain(subject)), allow_nan=False)
    assert json.loads(told)


@every_method
def test_it_explains_some_learner(name):
    subjects = [scene_of(*learner).about(TICKER, HORIZON) for learner in LEARNERS]
    assert any(not load_method(name).excuse(subject) for subject in subjects)


@every_method
@every_learner
def test_the_same_question_has_the_same_answer(name, learner, layout):
    method, subject = load_method(name), scene_of(learner, layout).about(TICKER, HORIZON)
    if not method.excuse(subject):
        assert plain(method.explain(subject)) == plain(method.explain(subject))


def test_a_file_that_declares_no_method_is_named_with_what_it_lacks(monkeypatch):
    monkeypatch.delattr("ml_core.explain.methods.moved.METHOD")
    with pytest.raises(TypeError, match=r"ml_core/explain/methods/moved\.py: expected METHOD = Method\(…\)"):
        load_method("moved")
