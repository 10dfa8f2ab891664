"""Chooses features on training rows: group by group, those whose link with the target lasts, without near copies.

A feature is judged by its information coefficient in each calendar year: the correlation, date by date over the
tickers, with the outcome in units of volatility. Where too few tickers trade, and for a feature that is the same for
all of them, it is the correlation over the year's dates. What counts is the mean of the years over its error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml_core.spec.experiment import FrozenSection

NEAR_COPY = 0.9
LEAST_TICKERS = 5
LEAST_DATES = 20
BLOCK = 1_000_000  # values of the panel at a time
SAMPLE = 5_000  # rows on which copies are looked for
FAR = 3.0  # deviations beyond which a value counts no more


class Choice(FrozenSection):
    """A chosen feature and why: its mean IC over the years of the training dates, and that over its error, the
    `stability`. Both are unknown where there was no choice to make; `asked` is what the experiment names."""

    feature: str
    group: str
    ic: float | None = None
    stability: float | None = None
    years: int = 0
    asked: bool = False


@dataclass(frozen=True)
class Candidates:
    """What is judged: each ticker's inputs and those that all share, outcomes in units of volatility, the rows to
    learn from, and the year of each session. It is read in blocks of dates and never copied whole."""

    x_NTF: np.ndarray
    shared_TF: np.ndarray
    y_NT: np.ndarray
    rows_NT: np.ndarray
    year_T: np.ndarray

    @property
    def inputs(self) -> int:
        return self.x_NTF.shape[2] + self.shared_TF.shape[1]

    def during(self, part: slice) -> Candidates:
        """A stretch of it."""
        return Candidates(
            self.x_NTF[:, part],
            self.shared_TF[part],
            self.y_NT[:, part],
            self.rows_NT[:, part],
            self.year_T[part],
        )

    def at(self, ticker_R: np.ndarray, session_R: np.ndarray) -> np.ndarray:
        """x_RF: all inputs of some rows."""
        return np.concatenate([self.x_NTF[ticker_R, session_R], self.shared_TF[session_R]], axis=1)

    def all_inputs(self) -> np.ndarray:
        """x_NTF of all inputs: a copy, for a stretch that is short."""
        shared = np.broadcast_to(self.shared_TF, (len(self.x_NTF), *self.shared_TF.shape))
        return np.concatenate([self.x_NTF, shared], axis=2)


def select_features(
    panel: Candidates,
    names: Sequence[str],
    *,
    groups: Mapping[str, str],
    count: int,
    keep: Sequence[str] = (),
) -> list[Choice]:
    """The features to keep and the best others, up to `count`, in the panel's order."""
    ic_F, stability_F, years = judge_features(panel)
    alike_FF = np.abs(correlate_features(panel))
    chosen = [place for place, name in enumerate(names) if name in keep]
    while len(chosen) < count:
        best = _next(stability_F, alike_FF, chosen, [groups[name] for name in names])
        if best is None:
            break
        chosen.append(best)
    return [
        Choice(
            feature=names[place],
            group=groups[names[place]],
            ic=round(float(ic_F[place]), 5),
            stability=round(float(stability_F[place]), 3),
            years=years,
            asked=names[place] in keep,
        )
        for place in sorted(chosen)
    ]


def judge_features(panel: Candidates) -> tuple[np.ndarray, np.ndarray, int]:
    """ic_F, stability_F and the number of years. The error of the mean is that of the spread between the years, yet
    never less than that within them: one year, or two that agree by luck, are no proof of lasting."""
    years = [_judge_year(part) for part in _years(panel)]
    if not years:
        return np.zeros(panel.inputs), np.zeros(panel.inputs), 0
    ic_KF, error_KF = (np.array(part) for part in zip(*years, strict=True))
    between_F = ic_KF.var(axis=0, ddof=1) if len(years) > 1 else np.zeros(ic_KF.shape[1])
    error_F = np.sqrt(np.maximum(between_F, (error_KF**2).mean(axis=0)) / len(years))
    ic_F = ic_KF.mean(axis=0)
    return ic_F, np.abs(ic_F) / np.maximum(error_F, 1e-9), len(years)


def correlate_features(panel: Candidates) -> np.ndarray:
    """alike_FF: the correlations of the features with each other on evenly spread rows."""
    ticker, session = np.nonzero(panel.rows_NT)
    step = max(1, len(ticker) // SAMPLE)
    z_RF, _, _ = _standardise(panel.at(ticker[::step], session[::step]), axis=0)
    return z_RF.T @ z_RF / max(1, len(z_RF))


def _next(stability_F: np.ndarray, alike_FF: np.ndarray, chosen: list[int], groups: list[str]) -> int | None:
    """The best that copies none of the chosen; the k-th of a group counts a k-th, so that every group has its turn."""
    taken = Counter(groups[place] for place in chosen)
    worth_F = stability_F / np.array([1 + taken[group] for group in groups])
    worth_F[(alike_FF[:, chosen] >= NEAR_COPY).any(axis=1)] = -1
    worth_F[chosen] = -1
    best = int(np.argmax(worth_F))
    return best if worth_F[best] >= 0 else None


def _years(panel: Candidates) -> Iterator[Candidates]:
    """The panel by calendar year; a year with few dates to learn from joins the one before it, or after."""
    learnt_T = panel.rows_NT.any(axis=0)
    starts = []
    for year in np.unique(panel.year_T[learnt_T]):
        enough = (learnt_T & (panel.year_T == year)).sum() >= LEAST_DATES
        starts += [year] if enough else []
    for place, start in enumerate(starts):
        first = -np.inf if place == 0 else start
        last = starts[place + 1] if place + 1 < len(starts) else np.inf
        inside = np.flatnonzero((panel.year_T >= first) & (panel.year_T < last) & learnt_T)
        yield panel.during(slice(inside[0], inside[-1] + 1))


def _judge_year(year: Candidates) -> tuple[np.ndarray, np.ndarray]:
    """ic_F of one year, and its error."""
    known_NT = year.rows_NT & np.isfinite(year.y_NT)
    y_NT = np.where(known_NT, year.y_NT, np.nan).astype(np.float32)
    if known_NT.any(axis=1).sum() < LEAST_TICKERS:
        return _over_time(year.all_inputs(), y_NT)
    across_TF, mean_TF, varies_F = _across(year, y_NT)
    ic_F, error_F = _mean_and_error(across_TF)
    if varies_F.all():
        return ic_F, error_F
    shared_F, shared_error_F = _over_time(mean_TF[None], _mean(y_NT, axis=0)[None])
    return np.where(varies_F, ic_F, shared_F), np.where(varies_F, error_F, shared_error_F)


def _across(year: Candidates, y_NT: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The correlation over the tickers of each date, their mean, and which features differ between tickers."""
    tickers, sessions = y_NT.shape
    across_TF = np.full((sessions, year.inputs), np.nan, dtype=np.float32)
    mean_TF = across_TF.copy()
    varies_F = np.zeros(year.inputs, dtype=bool)
    enough_T = np.isfinite(y_NT).sum(axis=0) >= LEAST_TICKERS
    y_NT = np.where(enough_T & np.isfinite(y_NT), _standardise(y_NT, axis=0)[0], np.nan)
    days = max(1, BLOCK // (tickers * year.inputs))
    for start in range(0, sessions, days):
        part = slice(start, start + days)
        y_ND = y_NT[:, part]
        z_NDF, mean_TF[part], moves_DF = _standardise(
            year.during(part).all_inputs(), axis=0, rows=np.isfinite(y_ND)
        )
        product_DF = np.einsum("ndf,nd->df", z_NDF, np.nan_to_num(y_ND))
        across_TF[part] = np.where(
            moves_DF, product_DF / np.maximum(1, np.isfinite(y_ND).sum(axis=0))[:, None], np.nan
        )
        varies_F |= moves_DF.any(axis=0)
    return across_TF, mean_TF, varies_F


def _over_time(x_NTF: np.ndarray, y_NT: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The correlation over the dates, averaged over the tickers, and its error."""
    y_NT = np.where(np.isfinite(y_NT), _standardise(y_NT, axis=1)[0], np.nan)
    z_NTF, _, moves_NF = _standardise(x_NTF, axis=1, rows=np.isfinite(y_NT))
    product_NTF = np.where(moves_NF[:, None], z_NTF * y_NT[:, :, None], np.nan)
    return _mean_and_error(_mean(product_NTF, axis=0))


def _mean_and_error(ic_TF: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known_TF = np.isfinite(ic_TF)
    mean_F = np.nan_to_num(_mean(ic_TF, axis=0)).astype(np.float64)
    square_F = np.where(known_TF, (ic_TF - mean_F) ** 2, 0.0).sum(axis=0, dtype=np.float64)
    return mean_F, np.sqrt(square_F) / np.maximum(known_TF.sum(axis=0), 1)


def _standardise(
    value: np.ndarray, *, axis: int, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """In deviations from the mean of the rows, bounded, what is not known at the mean; the mean; and what moves."""
    known = np.isfinite(value)
    if rows is not None:
        known &= rows[..., None]
    count = np.maximum(known.sum(axis=axis, dtype=np.float32, keepdims=True), 1)
    centred = np.where(known, value, 0)
    mean = centred.sum(axis=axis, keepdims=True) / count
    centred -= mean
    centred *= known
    spread = np.sqrt(np.square(centred).sum(axis=axis, keepdims=True) / count)
    moves = spread > 1e-5 * (np.abs(mean) + 1e-6)
    centred /= np.where(moves, spread, np.inf)
    np.clip(centred, -FAR, FAR, out=centred)
    mean = np.where(known.any(axis=axis, keepdims=True), mean, np.nan)
    return centred, mean.squeeze(axis), moves.squeeze(axis)


def _mean(value: np.ndarray, *, axis: int) -> np.ndarray:
    """Over what is known; NaN where nothing is."""
    known = np.isfinite(value)
    count = known.sum(axis=axis)
    total = np.where(known, value, 0).sum(axis=axis)
    return np.divide(total, count, out=np.full(total.shape, np.nan, total.dtype), where=count > 0)
