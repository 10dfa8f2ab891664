"""Claims are judged together: the hardest rival decides, all questions are paid for, and the answer is a sentence."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ml_core.claims.case import Terms
from ml_core.claims.judge import check_claims, judge_claims, match_claim, pay
from ml_core.claims.kind import claim_names
from ml_core.claims.verdict import ClaimVerdict, horizons_shown
from ml_core.errors import InvalidData, InvalidInput
from tests.claims.cases import make_case

CASE = make_case()
FAINT = make_case(noise=3.0, seed=4)


def test_holm_multiplies_the_smallest_by_all_and_never_falls():
    assert pay([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert pay([[0.5, 0.6]]).tolist() == [[1.0, 1.0]]
    assert pay([]).tolist() == []


def test_every_question_that_was_asked_is_paid_for_and_none_that_was_not():
    all_of, one = judge_claims(FAINT), judge_claims(FAINT, ["order"])
    asked = [found for found in all_of if found.standing != "not asked"]
    alone = [found for name in claim_names() for found in judge_claims(FAINT, [name]) if found.asked]
    assert len(asked) == len(alone) > len(claim_names())
    assert all(f"after paying for {len(asked)} questions" in found.why for found in asked)
    assert {found.p for found in one} <= {found.p for found in asked}
    assert all(found.adjusted <= 2 * found.p for found in one)


def test_a_claim_is_as_sure_as_it_is_against_its_hardest_rival():
    for found in judge_claims(CASE):
        if found.rivals:
            hardest = max(found.rivals, key=lambda beside: beside.p)
            assert found.p == hardest.p
            assert hardest.told in found.why


def test_a_level_below_its_p_is_not_proven_and_says_so():
    (found,) = judge_claims(make_case(noise=3.0, seed=4, horizons=(1,)), ["order"])
    assert 0 < found.adjusted < 1
    assert judge_claims(
        make_case(noise=3.0, seed=4, horizons=(1,)), ["order"], significance=found.adjusted * 1.01
    )[0].proven
    refused = judge_claims(
        make_case(noise=3.0, seed=4, horizons=(1,)), ["order"], significance=found.adjusted
    )[0]
    assert refused.standing == "unproven"
    assert "not proven at" in refused.why


def test_an_unknown_claim_is_answered_with_the_nearest():
    with pytest.raises(InvalidInput, match=r"gate.claims: unknown claim 'ordr'; did you mean 'order'"):
        check_claims(["ordr"], "gate.claims")
    with pytest.raises(InvalidInput, match="no forecast of rival 'ridge'; there are: ewma, garch"):
        judge_claims(replace(CASE, terms=Terms(level=("ridge",))), ["level"])
    with pytest.raises(InvalidInput, match="no account 'cash'; there are: buy_and_hold"):
        judge_claims(replace(CASE, terms=Terms(money=("cash",))), ["money"])


def test_a_rival_on_other_rows_is_refused():
    fewer = {**CASE.rivals, "zero": CASE.rivals["zero"].head(9)}
    with pytest.raises(InvalidData, match="baseline zero: other rows; it lacks"):
        judge_claims(replace(CASE, rivals=fewer), ["level"])


def test_a_match_is_on_the_rows_that_both_answer():
    half = CASE.scored.filter(pl.col("as_of") < pl.date(2020, 7, 1)).drop("realized", "fold", "split")
    facing = CASE.facing("version 3", half.with_columns(mean=pl.lit(0.0)))
    assert facing.scored["as_of"].n_unique() == half["as_of"].n_unique() == 182
    found = match_claim(facing, "level", 1, rival="version 3")
    assert found.outcome == "better"
    assert "smaller than version 3's" in found.why
    assert "cannot be compared" in match_claim(facing, "money", 1, rival="version 3").why


def test_who_is_surely_worse_is_told_so():
    """Another's forecast of each date against one's own."""
    facing = make_case(shuffled=True).facing("version 3", CASE.scored)
    assert match_claim(facing, "level", 1, rival="version 3").outcome == "worse"
    assert match_claim(facing, "order", 1, rival="version 3").outcome == "worse"


def test_to_be_better_may_be_made_harder_than_to_be_worse():
    facing = CASE.facing("version 3", CASE.scored.with_columns(mean=pl.lit(0.0)))
    assert match_claim(facing, "level", 1, rival="version 3", better=1e-300).outcome == "neither"


def test_a_forecast_is_neither_better_nor_worse_than_itself():
    facing = CASE.facing("version 3", CASE.scored, CASE.accounts)
    for name in claim_names():
        found = match_claim(facing, name, 1, rival="version 3")
        assert found.outcome == "neither"
        assert "cannot be compared" not in found.why


def test_verdicts_are_ordered_as_asked_and_by_horizon():
    told = [(found.claim, found.horizon) for found in judge_claims(CASE, ["range", "level"])]
    assert told == [("range", 1), ("range", 5), ("level", 1), ("level", 5)]
    assert np.isfinite([found.p for found in judge_claims(CASE, ["range"])]).all()


def test_the_nearest_horizons_are_shown_and_the_one_that_is_traded_wherever_it_lies():
    def claims(traded: int) -> list[ClaimVerdict]:
        return [
            ClaimVerdict(
                name, ahead, "unproven" if name == "level" or ahead == traded else "not asked", "why"
            )
            for name in ("level", "money")
            for ahead in range(1, 11)
        ]

    assert horizons_shown(claims(2), most=4) == [1, 2, 3, 4]
    assert horizons_shown(claims(9), most=4) == [1, 2, 3, 9]
    assert horizons_shown(claims(9), most=20) == list(range(1, 11))
