"""Tells how far a number in a file may lie from what it was before it was rounded, so that rounding is not taken for
a dividend.

A row's answer depends on it and on earlier rows of its ticker: as many decimals, or digits, as were seen so far.
"""

import polars as pl

MOST = 8  # decimals; a number with more is not rounded


def count_decimals(name: str) -> pl.Expr:
    """The decimals that a number needs, from 0 to MOST."""
    value = pl.col(name)
    return pl.sum_horizontal((value.round(places) != value).cast(pl.Int32) for places in range(MOST))


def half_unit(name: str, decimals: str) -> pl.Expr:
    """Half of the last place that is written, as a share of the number. `decimals` names what `count_decimals` gave.

    Cents are as many decimals at every price; six digits are fewer decimals at a high price than at a low one. A
    file that has shown no more than so many of both is as coarse as the coarser of them.
    """
    size = pl.col(name).log10().floor().cast(pl.Int32) + 1
    places, digits = pl.col(decimals), pl.col(decimals) + size
    seen, most = (so_far.cum_max().over("ticker") for so_far in (places, digits))
    unit = pl.max_horizontal(-seen, size - most).cast(pl.Float64)
    return 0.5 * (unit * pl.lit(10.0).log()).exp() / pl.col(name)
