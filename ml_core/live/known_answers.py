"""Lives through a simulated market whose answer is known, as if its last years came day by day. Fitted before them,
what a learner says of each session is scored as live forecasts are. So it is seen how often a claim is believed that
is not so, and how long one waits for one that is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from ml_core.claims.kind import LiveTest, asked_live
from ml_core.errors import InvalidInput
from ml_core.evaluation.paired import LEAST_DATES
from ml_core.frames import Array
from ml_core.live.differences import pair
from ml_core.live.sequential import follow
from ml_core.live.terms import Measured, measure, price
from ml_core.panel.splits import Span, holdout
from ml_core.panel.windows import Windows
from ml_core.promotion.reference import reference_spec
from ml_core.spec.experiment import Experiment, Model
from ml_core.spec.run import RunSpec
from ml_core.training.fit import fit
from ml_core.walkforward.known_answers import draw_prices, plant
from ml_core.walkforward.opening import open_windows
from ml_core.walkforward.rows import forecast_split

BARS = ("open", "high", "low", "close")
NO_SIGNAL = "none"


@dataclass(frozen=True)
class Life:
    """How long a market is lived through, and after how many sessions its signal dies, if it does."""

    sessions: int
    dies: int | None = None


@dataclass(frozen=True)
class LivedMarket:
    """Made ready: what came, and what the reference said, of the holdout and of every session after it."""

    experiment: Experiment
    prices: pl.DataFrame
    windows: Windows
    life: Life
    reference: pl.DataFrame


def open_life(experiment: Experiment, life: Life) -> LivedMarket:
    """Draw the market, with its signal's death, and let the reference speak."""
    prices = draw_prices(experiment)
    if life.dies is not None:
        prices = end_signal(experiment, prices, after=life.sessions - life.dies)
    windows, _ = open_windows(experiment.spec, prices)
    spec = reference_spec(experiment)
    beside, _ = open_windows(spec, prices)
    return LivedMarket(experiment, prices, windows, life, _forecast(experiment, spec, beside, life))


def end_signal(experiment: Experiment, prices: pl.DataFrame, *, after: int) -> pl.DataFrame:
    """The market without its last sessions, so many, and after them those of the same market in which nothing is
    planted, its prices chained to what came before."""
    config = experiment.data.options["simulated"]
    barren = plant(experiment, NO_SIGNAL, seed=config["seed"], ic=0.0)
    rest = draw_prices(barren)
    last = sorted(prices["date"].unique().to_list())[-1 - after]
    joint = prices.filter(pl.col("date") == last).join(
        rest.filter(pl.col("date") == last).select("ticker", other="close"), on="ticker"
    )
    ratio = joint.select("ticker", ratio=pl.col("close") / pl.col("other"))
    tail = rest.filter(pl.col("date") > last).join(ratio, on="ticker", how="inner")
    tail = tail.with_columns(pl.col(name) * pl.col("ratio") for name in BARS).select(prices.columns)
    return pl.concat([prices.filter(pl.col("date") <= last), tail]).sort("ticker", "date")


def live_through(market: LivedMarket, learner: str) -> dict[str, Any]:
    """Per claim and horizon: after how many scored sessions it was proven, refuted, and believed by a t-test that is
    repeated every day; None where it never was."""
    experiment = market.experiment
    own = experiment.model.family == learner
    model = experiment.model if own else Model(family=learner)
    spec = experiment.spec.model_copy(update={"model": model})
    scored = _forecast(experiment, spec, market.windows, market.life)
    begin = market.windows.sessions[-market.life.sessions]
    by_place = {
        (claim, horizon): _lay_apart(market, scored, claim, live, horizon, begin)
        for claim, live in asked_live().items()
        for horizon in experiment.task.horizons
    }
    asked = {place: one for place, one in by_place.items() if not one[0].reason}
    needed = price(1, len(asked), significance=experiment.gate.significance)
    level = experiment.gate.significance / max(len(asked), 1)
    return {
        "lived": market.life.sessions,
        "needed": needed,
        "claims": [
            {"claim": claim, "horizon": horizon, **_tell(measured, live_T, horizon, needed, level)}
            for (claim, horizon), (measured, live_T) in asked.items()
        ],
        "unasked": {f"{claim} {horizon}": one[0].reason for (claim, horizon), one in by_place.items()
                    if one[0].reason},
    }  # fmt: skip


def first_pass(evidence_T: Array, needed: float) -> int | None:
    """After how many dates it first passed."""
    passed = np.flatnonzero(evidence_T >= needed)
    return int(passed[0]) + 1 if len(passed) else None


def repeat_t_test(differences_T: Array, level: float) -> int | None:
    """After how many dates somebody who tests every day, as if it were the only time, believes that the mean is above
    zero."""
    count_T = np.arange(1, len(differences_T) + 1)
    mean_T = np.cumsum(differences_T) / count_T
    square_T = np.cumsum(differences_T**2) / count_T - mean_T**2
    with np.errstate(divide="ignore", invalid="ignore"):
        error_T = np.sqrt(np.maximum(square_T, 0.0) / (count_T - 1))
        p_T = stats.t.sf(mean_T / error_T, df=np.maximum(count_T - 1, 1))
    believed = np.flatnonzero((p_T < level) & (count_T >= LEAST_DATES))
    return int(believed[0]) + 1 if len(believed) else None


def _forecast(experiment: Experiment, spec: RunSpec, windows: Windows, life: Life) -> pl.DataFrame:
    """SCORED rows from the holdout on, by who was fitted before it."""
    sessions = windows.usable_sessions(spec.reading.lookback)
    if life.sessions >= len(sessions):
        raise InvalidInput(
            f"--live: {life.sessions} sessions are lived through, and the market has {len(sessions)}"
        )
    split = holdout(sessions[: -life.sessions], experiment.validation, horizon=experiment.task.horizons[-1])
    forecaster = fit(spec, windows, split)
    both = split.__class__(**{**vars(split), "test": Span(split.test.start, sessions[-1])})
    return forecast_split(forecaster, windows, both)


def _lay_apart(
    market: LivedMarket, scored: pl.DataFrame, claim: str, live: LiveTest, horizon: int, begin: dt.date
) -> tuple[Measured, Array]:
    """What the dates before the first live one say, and the differences of the live ones."""
    here = pl.col("horizon") == horizon
    paired = pair(claim, scored.filter(here), market.reference.filter(here)).sort("as_of")
    sessions = market.windows.sessions
    known = sessions[sessions.index(begin) - horizon]  # whose outcome has come at the close of the first one
    measured = measure(live, horizon, paired.filter(pl.col("as_of") <= known))
    return measured, paired.filter(pl.col("as_of") >= begin)["difference"].to_numpy()


def _tell(
    measured: Measured, live_T: Array, horizon: int, needed: float, level: float
) -> dict[str, int | float | None]:
    evidence = follow(live_T, bound=measured.bound, promised=measured.promised, horizon=horizon)
    return {
        "sessions": len(live_T),
        "effect": float(evidence.mean[-1]) / measured.unit,
        "promised": measured.promised / measured.unit,
        "proven": first_pass(evidence.better, needed),
        "refuted": first_pass(evidence.refuted, needed),
        "t_test": repeat_t_test(live_T, level),
    }
