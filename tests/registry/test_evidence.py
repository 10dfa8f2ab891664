"""What a version was judged by: read back as it was written, finite, from earlier files too, or refused in one line."""

import datetime as dt
import json
import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from ml_core.errors import BrokenArtifact
from ml_core.registry.evidence import FORMAT, EarlierSpec, Evidence, read_evidence, write_evidence
from ml_core.registry.recipe import EarlierRecipe, Recipe
from ml_core.registry.scores import Score, tell_unmeasured
from ml_core.spec.file import SHIPPED, read_experiment
from ml_core.spec.plain import plain
from ml_core.spec.run import RunSpec
from tests.evidence import evidence_of, score, told_of
from tests.market import NOW, small_experiment

EXPERIMENT = small_experiment()
WHO, AGAIN = "small.simulated version 4", "run: candorcast search small"


def kept(folder: Path, told: object) -> Path:
    file = folder / "evidence.json"
    file.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
    return file


def read(file: Path) -> Evidence:
    return read_evidence(file, who=WHO, again=AGAIN)


def test_what_is_written_is_read_back_with_dates_as_dates_and_the_spec_as_a_spec(tmp_path):
    evidence = evidence_of(EXPERIMENT)
    write_evidence(evidence, tmp_path / "evidence.json")
    found = read(tmp_path / "evidence.json")
    assert found == evidence
    assert (found.holdout.start, found.trained.end) == (dt.date(2024, 1, 2), dt.date(2023, 6, 30))
    assert found.created == NOW.replace(microsecond=0)
    assert found.spec == EXPERIMENT.spec
    assert found.gate.checks[0].why == "naïve ± 5 %"


def test_the_file_is_key_for_key_what_was_told_and_says_its_format(tmp_path):
    told = told_of(EXPERIMENT)
    write_evidence(Evidence.model_validate(told), tmp_path / "evidence.json")
    assert json.loads((tmp_path / "evidence.json").read_text()) == {"format": FORMAT, **told}


def test_a_number_that_is_none_is_null_in_the_evidence_and_in_its_file(tmp_path):
    worst = {"sessions": 40, "cumulative": math.nan, "sharpe": math.inf, "calmar": -math.inf}
    told = {"scores": [score("ic", value=math.nan, skill_ridge=math.inf)],
            "backtest": {**worst, "benchmark": worst}, "oracle": {"ic": 0.1, "achieved": math.nan, "recovered": 0.0},
            "search": {"trials": 1, "head": [{"trial": "t0", "status": "failed", "validation": math.nan}]},
            "choice": [{"feature": "age", "group": "regime", "ic": math.nan}]}  # fmt: skip
    evidence = evidence_of(EXPERIMENT, **told)
    assert evidence.scores[0].value is None
    assert evidence.scores[0].beside["ridge"].skill is None
    assert (evidence.backtest.cumulative, evidence.backtest.benchmark.sharpe) == (None, None)
    assert evidence.oracle is not None
    assert (evidence.oracle.achieved, evidence.oracle.recovered) == (None, 0.0)
    assert (evidence.search.head[0].validation, evidence.choice[0].ic) == (None, None)
    write_evidence(evidence, tmp_path / "evidence.json")
    json.loads((tmp_path / "evidence.json").read_text(), parse_constant=pytest.fail)


def test_why_a_metric_has_no_value_is_kept_and_where_there_is_one_nothing_is_written(tmp_path):
    told = told_of(EXPERIMENT) | {
        "scores": [score("mse", why=None), score("mine", value=None, why="it failed")]
    }
    write_evidence(Evidence.model_validate(told), tmp_path / "evidence.json")
    kept_scores = json.loads((tmp_path / "evidence.json").read_text())["scores"]
    assert kept_scores == [score("mse"), score("mine", value=None, why="it failed")]
    assert tell_unmeasured(read(tmp_path / "evidence.json").scores) == [
        "it failed; it has no value, all else was measured"
    ]


def test_a_file_with_numbers_that_json_does_not_know_is_read_with_nulls(tmp_path):
    text = json.dumps(
        told_of(EXPERIMENT) | {"oracle": {"ic": 0.1, "achieved": math.nan, "recovered": math.inf}}
    )
    assert "NaN" in text
    oracle = read(kept(tmp_path, text)).oracle
    assert oracle is not None
    assert (oracle.ic, oracle.achieved, oracle.recovered) == (0.1, None, None)


def test_a_baselines_numbers_stand_beside_the_score_and_as_columns_in_the_file():
    flat = score("mse")
    row = Score.model_validate(flat)
    assert list(row.beside) == ["ridge"]
    assert (row.beside["ridge"].value, row.beside["ridge"].skill, row.beside["ridge"].p) == (
        0.0005,
        0.2,
        0.03,
    )
    assert row.model_dump() == plain(row) == flat
    assert Score.model_validate(row.model_dump()) == row


def test_evidence_of_the_first_candorcast_is_read_without_what_it_did_not_keep(tmp_path):
    later = ("store", "choice", "notes", "coverage", "looks", "audit")
    told = {key: value for key, value in told_of(EXPERIMENT).items() if key not in later}
    found = read(kept(tmp_path, told))
    assert (found.store, found.recipe, found.choice, found.coverage, found.looks) == (None, None, (), (), 1)
    assert plain(found) == told, "and what it did not keep is not told now"


def test_a_spec_and_a_recipe_of_an_earlier_candorcast_are_kept_as_they_were_told(tmp_path):
    spec = plain(EXPERIMENT.spec)
    del spec["reading"], spec["seeds"], spec["objective"]
    earlier = spec | {"features": {"select": 24}}
    recipe = {
        "experiment": {"name": "small"},
        "split": {"fold": 0},
        "seeds": 2,
        "made_with": {"torch": "2.7"},
    }
    found = read(kept(tmp_path, told_of(EXPERIMENT) | {"spec": earlier, "recipe": recipe}))
    assert isinstance(found.spec, EarlierSpec)
    assert isinstance(found.recipe, EarlierRecipe)
    assert found.spec.model.family == EXPERIMENT.model.family
    assert (plain(found.spec), plain(found.recipe)) == (earlier, recipe)


def test_evidence_of_a_later_candorcast_is_refused_by_name_and_format(tmp_path):
    file = kept(tmp_path, told_of(EXPERIMENT) | {"format": FORMAT + 1, "regimes": []})
    with pytest.raises(BrokenArtifact) as refused:
        read(file)
    assert str(refused.value) == (
        f"{WHO} was registered by a later candorcast: its evidence has format {FORMAT + 1}, this one reads format "
        f"{FORMAT}; update candorcast"
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"holdout": None}, "holdout"),
        ({"holdout": {"start": "soon", "end": "2024-02-28", "sessions": 40, "rows": 1}}, "holdout.start"),
        ({"hold_out": {}}, "unknown key 'hold_out'; did you mean 'holdout'?"),
        ({"data_version": "latest"}, "data_version"),
    ],
)
def test_evidence_that_does_not_hold_together_is_refused_by_name_and_key_with_what_to_do(
    tmp_path, change, why
):
    with pytest.raises(BrokenArtifact) as refused:
        read(kept(tmp_path, told_of(EXPERIMENT) | change))
    text = str(refused.value)
    assert text.startswith(f"{WHO} was registered by another candorcast")
    assert why in text
    assert text.endswith(AGAIN)
    assert "\n" not in text


@pytest.mark.parametrize("content", ["{", "[]", "\0", ""])
def test_a_file_that_is_no_evidence_is_refused_in_one_line(tmp_path, content):
    with pytest.raises(BrokenArtifact, match=f"{WHO}.*{AGAIN}") as refused:
        read(kept(tmp_path, content))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_gone_is_refused_in_one_line(tmp_path):
    with pytest.raises(BrokenArtifact, match=f"{WHO}: evidence unreadable: .*; {AGAIN}"):
        read(tmp_path / "evidence.json")


def test_evidence_cannot_be_changed():
    evidence = evidence_of(EXPERIMENT)
    with pytest.raises(ValidationError, match="frozen"):
        evidence.gate.passed = False
    assert evidence.gate.passed


def test_the_names_of_refused_checks_are_told():
    assert evidence_of(EXPERIMENT, passed=False).gate.refused == ["leak audit"]
    assert evidence_of(EXPERIMENT).gate.refused == []


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.toml")), ids=lambda file: file.stem)
def test_what_was_asked_goes_through_the_evidence_unchanged(file):
    experiment = read_experiment(str(file))
    assert plain(experiment) == experiment.model_dump(mode="json")
    assert RunSpec.model_validate(plain(experiment.spec)) == experiment.spec
    split = {"fold": 0, "test": {"start": "2024-01-02", "end": "2024-02-28", "without": []}, "name": "holdout",
             "paths": []}  # fmt: skip
    split |= {"train": split["test"], "validation": split["test"]}
    told = {"experiment": plain(experiment), "split": split, "made_with": {"torch": "2.7"}}
    recipe = evidence_of(EXPERIMENT, recipe=told).recipe
    assert isinstance(recipe, Recipe)
    assert plain(recipe) == told
