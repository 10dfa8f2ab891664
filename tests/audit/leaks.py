"""Ways to know the future, each put in the place of one honest step of an experiment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from ml_core.audit.experiment import Steps
from ml_core.baselines import Lesson, PanelRows, fit_baseline
from ml_core.data.intake.arrived import check_arrived
from ml_core.data.prices import Sources, build_prices
from ml_core.data.quality.judge import CheckedBars
from ml_core.features.regimes import fit_regimes
from ml_core.features.scaling import fit_scaler
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.members import BaselineMember
from ml_core.panel.regimes import market_return, with_regimes
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.portfolio import strategies
from ml_core.portfolio.market import Market
from ml_core.spec.experiment import Experiment, RunSpec
from ml_core.spec.strategy import Strategy
from ml_core.training.choice import choose_inputs
from ml_core.training.fit import fit
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.opening import read_panel
from ml_core.walkforward.trading import decide


@dataclass(frozen=True)
class Leak:
    """A leak, and where it must be found: the stage, and what the finding must speak of."""

    name: str
    steps: Steps
    stage: str
    named: str


def of_panel(change: Callable[[np.ndarray], np.ndarray], feature: str) -> Steps:
    """One feature of the panel, changed along time."""

    def panel(spec: RunSpec, prices: pl.DataFrame) -> tuple[Windows, tuple[str, ...]]:
        windows, left_out = read_panel(spec, prices)
        place, x_NTF = windows.features.index(feature), windows.x_NTF.copy()
        x_NTF[:, :, place] = change(x_NTF[:, :, place].astype(float))
        return replace(windows, x_NTF=x_NTF), left_out

    return Steps(panel=panel)


def of_fit(change: Callable[[Forecaster, Windows], Forecaster]) -> Steps:
    """What a fit has learned, changed by what the windows hold."""

    def learn(spec: RunSpec, windows: Windows, split: Split) -> Forecaster:
        return change(fit(spec, windows, split), windows)

    return Steps(fit=learn)


def cleaned_with_the_next_bar(experiment: Experiment, arrived: pl.DataFrame) -> CheckedBars:
    """Bars from which the price comes back the day after are refused, as bad prints."""
    close = pl.col("close").log()
    change, back = close.diff().over("ticker"), -close.diff(-1).over("ticker")
    print_like = ((change * back < 0) & (change.abs() > 0.01) & ((change + back).abs() < 0.01)).fill_null(
        False
    )
    return check_arrived(experiment, arrived.sort("ticker", "date").filter(~print_like))


def back_filled(x_NT: np.ndarray) -> np.ndarray:
    return _each(x_NT, pl.col("x").fill_nan(None).backward_fill())


def centred(x_NT: np.ndarray) -> np.ndarray:
    return _each(x_NT, pl.col("x").fill_nan(None).rolling_mean(5, center=True, min_samples=1))


def tomorrow(x_NT: np.ndarray) -> np.ndarray:
    return _each(x_NT, pl.col("x").shift(-1))


def smoothed(x_NT: np.ndarray) -> np.ndarray:
    """Forward, then backward: as a smoothed regime is told, instead of a filtered one."""
    forward = pl.col("x").fill_nan(None).abs().ewm_mean(span=10)
    return _each(x_NT, forward.reverse().ewm_mean(span=10).reverse())


def _with(forecaster: Forecaster, **changed: object) -> Forecaster:
    (component,) = forecaster.components
    return replace(forecaster, components=(replace(component, **changed),))


def scaled_on_all_rows(forecaster: Forecaster, windows: Windows) -> Forecaster:
    (member,) = forecaster.members
    assert isinstance(member, BaselineMember)
    fitted = member.fitted
    windows = with_regimes(windows, forecaster.regimes, forecaster.features)
    x_NTF = windows.inputs(forecaster.features)
    scaler = vars(fit_scaler(x_NTF, windows.present_NT))
    learned = replace(fitted.learned, arrays={**fitted.learned.arrays, **scaler})
    return _with(forecaster, members=(BaselineMember(replace(fitted, learned=learned)),))


def chosen_on_all_rows(forecaster: Forecaster, windows: Windows) -> Forecaster:
    everything = Span(windows.sessions[0], windows.sessions[-1])
    return _with(forecaster, choice=choose_inputs(forecaster.spec, windows, everything).choice)


def regimes_of_all_rows(forecaster: Forecaster, windows: Windows) -> Forecaster:
    return _with(forecaster, regimes=fit_regimes(market_return(windows)))


@dataclass(frozen=True)
class RowLesson(Lesson):
    """The first seven tenths of a stacked panel's rows: whole later tickers, and all of their dates, are left out;
    the others teach every date, those of the test too."""

    @cached_property
    def learn(self) -> PanelRows:
        rows_NT = self.windows.usable(self.lookback).copy()
        ticker, session = np.nonzero(rows_NT)
        late = slice(int(0.7 * len(ticker)), None)
        rows_NT[ticker[late], session[late]] = False
        return PanelRows(self.windows, rows_NT, self.features)


def split_by_row(spec: RunSpec, windows: Windows, split: Split) -> Forecaster:
    honest = fit(spec, windows, split)
    windows = with_regimes(windows, honest.regimes, honest.features)
    lesson = RowLesson(windows, split, honest.lookback, honest.features)
    return _with(honest, members=(BaselineMember(fit_baseline(honest.spec.model, lesson)),))


def rival_of_all_rows(
    experiment: Experiment, windows: Windows, split: Split, *, names: tuple[str, ...]
) -> dict[str, pl.DataFrame]:
    """Rivals that learn from the test dates too."""
    everything = Span(windows.sessions[0], windows.sessions[-1])
    return forecast_baselines(experiment, windows, replace(split, train=everything), names=names)


def gate_of_all_rows(experiment: Experiment, prices: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Positions only where the forecast is larger than most of the whole sample."""
    positions = decide(experiment, prices, forecasts)
    sure = forecasts.filter(pl.col("mean").abs() >= forecasts["mean"].abs().quantile(0.6))
    held = positions.join(sure, left_on=["ticker", "date"], right_on=["ticker", "as_of"], how="semi")
    closed = positions.join(held, on=["ticker", "date"], how="anti").with_columns(weight=pl.lit(0.0))
    return pl.concat([held, closed]).sort("date", "ticker")


def late_target(spec: RunSpec, prices: pl.DataFrame) -> tuple[Windows, tuple[str, ...]]:
    """The outcome of the row before: forecasts of t+1 are taught and judged on t."""
    windows, left_out = read_panel(spec, prices)
    y_NTH = np.full_like(windows.y_NTH, np.nan)
    y_NTH[:, 1:] = windows.y_NTH[:, :-1]
    return replace(windows, y_NTH=y_NTH), left_out


def context_back_filled(experiment: Experiment, sources: Sources) -> pl.DataFrame:
    """The user's own table, before its first value was known."""
    prices = build_prices(experiment, sources)
    told = [name for name in prices.columns if name.startswith("context_")]
    return prices.with_columns(pl.col(told).backward_fill().over("ticker"))


def context_of_tomorrow(experiment: Experiment, sources: Sources) -> pl.DataFrame:
    """Each row as if it had been known a week before it was."""
    early = sources.facts.with_columns(pl.col("date") - pl.duration(days=7))
    return build_prices(experiment, replace(sources, facts=early))


def members_of_later(experiment: Experiment, sources: Sources) -> pl.DataFrame:
    """Who is to join within four months is in already, who is to leave is out."""
    early = sources.members.with_columns(pl.col("date") - pl.duration(days=120))
    return build_prices(experiment, replace(sources, members=early))


def trade_at_the_open_of_the_decision(
    positions: pl.DataFrame, strategy: Strategy, *, hold: int, market: Market
) -> pl.DataFrame:
    """What a close has decided is taken at that session's open, as if the session before had decided it."""
    sessions = market.prices.select(pl.col("date").unique().sort()).with_columns(
        before=pl.col("date").shift(1)
    )
    early = positions.join(sessions, on="date").with_columns(date="before")
    return strategies.trade(early.select(positions.columns), strategy, hold=hold, market=market)


LEAKS = (
    Leak("bars cleaned with the next ones", Steps(check=cleaned_with_the_next_bar), "bars", "rows"),
    Leak("back-fill", of_panel(back_filled, "momentum_5"), "features", "momentum_5"),
    Leak("centred window", of_panel(centred, "volatility_5"), "features", "volatility_5"),
    Leak("shift(-1)", of_panel(tomorrow, "momentum_1"), "features", "momentum_1"),
    Leak("regime smoothed instead of filtered", of_panel(smoothed, "regime_return"), "features", "regime_return"),
    Leak("regimes fitted on all dates", of_fit(regimes_of_all_rows), "regimes", "deviation"),
    Leak("full-sample scaler", of_fit(scaled_on_all_rows), "scaler", "deviation_F"),
    Leak("feature choice on all rows", of_fit(chosen_on_all_rows), "feature choice", "ic"),
    Leak("split by row on a panel", Steps(fit=split_by_row), "parameters", "slope"),
    Leak("rival fitted on all rows", Steps(beside=rival_of_all_rows), "rivals", "scale"),
    Leak("full-sample quantile gate", Steps(decide=gate_of_all_rows), "positions", "weight"),
    Leak("trade at the open of the decision", Steps(trade=trade_at_the_open_of_the_decision), "execution", "gross"),
    Leak("target off by one", Steps(panel=late_target), "targets", "target"),
)  # fmt: skip


def _each(x_NT: np.ndarray, value: pl.Expr) -> np.ndarray:
    rows = [pl.DataFrame({"x": x_T}).select(value.alias("x"))["x"] for x_T in x_NT]
    return np.stack([row.cast(pl.Float64).fill_null(float("nan")).to_numpy() for row in rows])
