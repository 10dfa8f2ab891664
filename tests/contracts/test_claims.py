"""What every claim must keep, whichever is added to its folder: proven by who knows, by nobody else."""

import json
from dataclasses import replace

import polars as pl
import pytest

from ml_core.claims.case import Case, Terms
from ml_core.claims.judge import claim_names, judge_claims
from ml_core.spec.plain import plain
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
    for case in (
        replace(KNOWS, scored=waiting, accounts={}),
        changed(
            KNOWS, lambda table: table.filter(pl.col("as_of" if "as_of" in table.columns else "date") < short)
        ),
        replace(KNOWS, terms=Terms(**{name: ()})) if name in ("level", "range") else make_case(sessions=15),
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
