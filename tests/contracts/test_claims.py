"""What every claim must keep, whichever is added to its folder: proven by who knows, by nobody else."""

import json
from dataclasses import replace

import polars as pl
import pytest

from ml_core.claims.case import SILENT, Case, Terms
from ml_core.claims.judge import judge_claims, rivals_of
from ml_core.claims.kind import claim_names, load_claim
from ml_core.live.differences import pair
from ml_core.live.terms import measure
from ml_core.spec.plain import plain
from ml_core.vocabulary import words
from tests.claims.cases import make_case

KNOWS, GUESSES = make_case(), make_case(shuffled=True)
every_claim = pytest.mark.parametrize("name", claim_names())


def changed(case: Case, change) -> Case:
    """The same case, every table of it changed."""
    assert case.volatility is not None
    return replace(
        case,
        scored=change(case.scored),
        rivals={name: change(table) for name, table in case.rivals.items()},
        volatility=change(case.volatility),
        accounts={horizon: change(table) for horizon, table in case.accounts.items()},
    )


def one_day_later(table: pl.DataFrame) -> pl.DataFrame:
    """The table, and one more date of forecasts whose outcome is not known."""
    if "as_of" not in table.columns:
        return table
    more = table.filter(pl.col("as_of") == pl.col("as_of").max()).with_columns(
        pl.col("as_of") + pl.duration(days=1)
    )
    if "realized" in table.columns:
        more = more.with_columns(realized=pl.lit(None, pl.Float64))
    return pl.concat([table, more])


@every_claim
def test_a_forecast_that_is_the_truth_and_some_noise_proves_it(name):
    asked = [one for one in judge_claims(KNOWS, [name]) if one.standing != "not asked"]
    assert asked
    assert all(one.proven for one in asked), [one.why for one in asked]
    assert all(beside.low > 0 for one in asked for beside in one.rivals)


@every_claim
def test_the_same_forecast_on_other_dates_does_not(name):
    asked = [one for one in judge_claims(GUESSES, [name]) if one.standing != "not asked"]
    assert asked
    assert all(one.standing == "unproven" for one in asked), [one.why for one in asked]


@every_claim
def test_rows_without_outcome_change_nothing(name):
    assert judge_claims(changed(KNOWS, one_day_later), [name]) == judge_claims(KNOWS, [name])


@every_claim
def test_the_order_of_rows_changes_nothing_and_the_same_input_gives_the_same_verdict(name):
    mixed = changed(KNOWS, lambda table: table.sample(fraction=1.0, shuffle=True, seed=3))
    again = changed(KNOWS, pl.DataFrame.clone)
    assert judge_claims(mixed, [name]) == judge_claims(again, [name]) == judge_claims(KNOWS, [name])


@every_claim
def test_what_is_not_asked_says_why_and_has_no_p(name):
    waiting = KNOWS.scored.with_columns(realized=pl.lit(None, pl.Float64))
    short = KNOWS.scored["as_of"].min() + pl.duration(days=9)
    nobody = replace(KNOWS, terms=Terms(**({name: ()} if name in Terms.model_fields else {})))
    for case in (
        replace(KNOWS, scored=waiting, accounts={}),
        changed(
            KNOWS, lambda table: table.filter(pl.col("as_of" if "as_of" in table.columns else "date") < short)
        ),
        make_case(sessions=15) if rivals_of(nobody, name) else nobody,
    ):
        for one in judge_claims(case, [name]):
            assert one.standing == "not asked"
            assert len(one.why) > 10
            assert one.p is one.adjusted is None


@every_claim
def test_its_verdict_is_plain_finite_values_and_words(name):
    for case in (KNOWS, GUESSES):
        for one in plain(judge_claims(case, [name])):
            text = json.dumps(one, allow_nan=False)
            assert json.loads(text)["why"]
            assert one["p"] is None or 0 <= one["p"] <= one["adjusted"] <= 1


@every_claim
def test_it_has_its_words(name):
    told = "write them in CLAIMS of ml_core/vocabulary/words.py, as `name: what it says`"
    assert words.CLAIMS.get(name, "").startswith(f"{name}: "), f"claim {name} has no words; {told}"
    assert words.USES.get(name), (
        f"say in USES of ml_core/vocabulary/words.py what a reader of claim {name} does"
    )


def test_no_words_are_of_a_claim_that_is_none():
    assert (set(words.CLAIMS) | set(words.USES)) - set(claim_names()) == set()


@every_claim
def test_it_is_asked_of_live_forecasts_or_says_in_a_sentence_why_not(name):
    live = load_claim(name).live
    if isinstance(live, str):
        assert len(live) > 10
        return
    reference = KNOWS.rivals["garch"]
    for horizon in KNOWS.horizons:
        here = pl.col("horizon") == horizon
        ours, guesses = (
            pair(name, case.scored.filter(here), reference.filter(here)) for case in (KNOWS, GUESSES)
        )
        assert ours.height == KNOWS.scored["as_of"].n_unique()
        promised = measure(live, horizon, ours).promised
        assert promised > 0, "who knows has shown it before the first live date"
        assert measure(live, horizon, guesses).promised < promised


@every_claim
def test_it_speaks_of_direction_where_it_is_lost_when_every_mean_is_zero(name):
    """So that a refit that says no direction any more is known to have lost the claim."""
    mute = replace(KNOWS, scored=KNOWS.scored.with_columns(mean=pl.lit(0.0)), accounts={})
    lost = [one for one in judge_claims(mute, [name]) if one.why == SILENT]
    assert bool(lost) == load_claim(name).direction


def test_a_file_that_declares_no_claim_is_named_with_what_it_lacks(monkeypatch):
    monkeypatch.delattr("ml_core.claims.kinds.level.CLAIM")
    with pytest.raises(TypeError, match=r"ml_core/claims/kinds/level\.py: expected CLAIM = Claim\("):
        load_claim("level")
