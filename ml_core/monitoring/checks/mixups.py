"""Mixups: a ticker that suddenly has the bars of another. One of the universe is found by its twin, who has the same
returns to the last digit. One from outside is told by price and turnover, which leave what is usual together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from ml_core.monitoring.finding import Finding
from ml_core.monitoring.scene import WatchScene

LAST = 10  # sessions in which twins are looked for
SAME = 3  # equal returns that may be chance, of prices in whole cents
EQUAL = 1e-9
BLOCK = 64  # tickers that are laid beside all others at once
NEAR, BEFORE = 5, 60  # sessions whose median is laid beside the median of those before
YEARS = 504  # sessions from which it is known what is usual
JUMP, RUSH = (
    2.0,
    1.25,
)  # times the largest jump of a day, and the largest change of turnover, that there ever was
LEAST = 0.02  # a change that is none, of a ticker that hardly ever moves


def look(scene: WatchScene) -> list[Finding]:
    """A finding for each two that move as one lately, and one for each ticker with enough of a past."""
    rows = scene.prices.sort("date").with_columns(
        level=pl.col("close").log(), turnover=(pl.col("close") * pl.col("volume")).log()
    )
    tickers = rows["ticker"].unique().sort().to_list()
    level_TN, turnover_TN = (
        rows.pivot(on="ticker", index="date", values=value).sort("date").select(tickers).to_numpy()
        for value in ("level", "turnover")
    )
    return [*find_twins(level_TN, tickers), *find_strangers(level_TN, turnover_TN, tickers)]


def find_twins(level_TN: np.ndarray, tickers: list[str]) -> list[Finding]:
    """Two that moved as one before as well, as two classes of one share, are no news."""
    moves_TN = np.diff(level_TN, axis=0)
    before_TN = moves_TN[-LAST - BEFORE : -LAST]
    findings = []
    for place, other, equal in _equal_pairs(moves_TN[-LAST:]):
        if _is_equal(before_TN[:, place], before_TN[:, other]).sum() > BEFORE / 2:
            continue
        one, two = tickers[place], tickers[other]
        told = f"{one} and {two} had the same return on {equal} of the last {LAST} sessions"
        told += ": one of them has the other's bars" if equal > SAME else ""
        findings.append(Finding(f"{one} and {two}", equal, SAME, told))
    return findings


def find_strangers(level_TN: np.ndarray, turnover_TN: np.ndarray, tickers: list[str]) -> list[Finding]:
    """A jump of price as there never was, and at the same time a turnover as there never was: either alone is news."""
    findings = []
    for place, ticker in enumerate(tickers):
        whole_T = np.isfinite(level_TN[:, place]) & np.isfinite(turnover_TN[:, place])
        level_T, turnover_T = level_TN[whole_T, place][-YEARS:], turnover_TN[whole_T, place][-YEARS:]
        if len(level_T) < 2 * (NEAR + BEFORE):
            continue
        jump, rush = compare_jump(level_T), compare_turnover(turnover_T)
        far = min(jump / JUMP, rush / RUSH)
        told = (
            f"{ticker}: its largest move of the last {NEAR} sessions is {jump:.1f} times the largest before, "
            f"its largest turnover {rush:.1f} times"
        )
        told += ": these may be the bars of another" if far > 1 else ""
        findings.append(Finding(ticker, far, 1.0, told))
    return findings


def compare_jump(level_T: np.ndarray) -> float:
    """The largest move of the last sessions, in those of all before."""
    moves = np.abs(np.diff(level_T))
    return float(moves[-NEAR:].max() / max(moves[:-NEAR].max(), LEAST))


def compare_turnover(turnover_T: np.ndarray) -> float:
    """How far the median of the last sessions is from that before, in the farthest that it ever was."""
    stretches_SB = sliding_window_view(turnover_T, NEAR + BEFORE)
    shifts = np.abs(np.median(stretches_SB[:, -NEAR:], axis=1) - np.median(stretches_SB[:, :BEFORE], axis=1))
    return float(shifts[-1] / max(shifts[: -2 * NEAR : NEAR].max(), LEAST))


def _equal_pairs(moves_TN: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Each two that have equal returns, and how many; so many tickers beside all others at a time, one session after
    another, for that is all that is held at once."""
    many = moves_TN.shape[1]
    for first in range(0, many, BLOCK):
        block = slice(first, min(first + BLOCK, many))
        counted_BN = np.zeros((block.stop - first, many), dtype=np.int16)
        for moves_N in moves_TN:
            counted_BN += _is_equal(moves_N[block, None], moves_N[None, :])
        for row, other in np.argwhere(np.triu(counted_BN, first + 1) > 0):
            yield first + int(row), int(other), int(counted_BN[row, other])


def _is_equal(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """A session on which neither moved tells nothing."""
    with np.errstate(invalid="ignore"):
        return (np.abs(one - two) < EQUAL) & (one != 0) & (two != 0)
