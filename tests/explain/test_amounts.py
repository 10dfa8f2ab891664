"""Which pieces are told by themselves, and that what is said of them is true in words."""

import math

import pytest

from ml_core.explain.amounts import MOST, select, tell_amount, tell_end, tell_size
from ml_core.explain.methods.moved import Moved, Piece


def moved_by(shares: dict[str, float], of: str = "level") -> Moved:
    pieces = [
        Piece(name, name, share, max(share, 0.0), min(share, 0.0), 1 if share > 0 else 0)
        for name, share in sorted(shares.items(), key=lambda one: -abs(one[1]))
    ]
    heat = tuple((one.share / 2, one.share / 2) for one in pieces)
    base, names = 0.001, tuple(one.name for one in pieces)
    forecast, whole = base + sum(shares.values()), sum(shares.values())
    return Moved(of, forecast, base, tuple(pieces), 1, names, (whole / 2, whole / 2), heat)


def test_wider_and_narrower_are_said_of_factors_and_not_of_their_logarithms():
    assert tell_amount(0.422, "scale", priced=True) == "52.5 % wider"
    assert tell_amount(-0.422, "scale", priced=True) == "34.4 % narrower"
    assert tell_amount(1e-9, "scale", priced=True) == "0.0 %"
    assert tell_size(-0.422, "scale", priced=True) == "52.5 %"


def test_factors_that_are_told_multiply_to_the_scale_that_is_told():
    shares, base = [0.422, -0.1, 0.03], math.log(0.02)
    told = [float(tell_amount(one, "scale", priced=True).split()[0]) / 100 for one in shares]
    factors = [1 + one if share > 0 else 1 - one for one, share in zip(told, shares, strict=True)]
    product = float(tell_end(base, "scale", priced=True).removesuffix(" %")) * math.prod(factors)
    whole = float(tell_end(base + sum(shares), "scale", priced=True).removesuffix(" %"))
    assert product == pytest.approx(whole, abs=0.01)


def test_shares_of_a_return_are_told_as_they_add_up():
    assert tell_amount(0.00123, "level", priced=True) == "+0.123 %"
    assert tell_amount(-0.25, "order", priced=False) == "-0.250"
    assert tell_size(-0.00123, "level", priced=True) == "0.123 %"


def test_what_is_not_worth_a_line_is_told_together_with_how_many_it_is():
    shares = {f"feature_{number}": 0.01 for number in range(14)} | {"tiny": 1e-9, "none": 0.0}
    told = select(moved_by(shares))
    assert len(told.shown) == MOST
    assert (told.others, told.words) == (5, "all others, 5 inputs")
    assert told.rest == pytest.approx(0.04 + 1e-9)
    few = select(moved_by({"large": 0.01, "tiny": 1e-9}))
    assert [one.name for one in few.shown] == ["large"]
    assert few.words == "all others, 1 input"


def test_where_nothing_moves_it_nothing_is_told():
    told = select(moved_by({"a": 0.0, "b": 0.0}))
    assert (told.shown, told.others) == ((), 0)
