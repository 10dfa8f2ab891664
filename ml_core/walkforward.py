"""An experiment and prices in; forecasts walking forward through time, their scores and a backtest out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ml_core.errors import NotEnoughData
from ml_core.evaluation.coverage import STATES, measure_coverage
from ml_core.evaluation.scores import score
from ml_core.experiment import Experiment, RunSpec
from ml_core.features.table import build_features, chosen_names
from ml_core.forecaster import Forecaster
from ml_core.frames import SCORED, conform
from ml_core.lost import tell_lost
from ml_core.portfolio import strategies
from ml_core.portfolio.comparison import Comparison, compare
from ml_core.portfolio.legs import hold_of
from ml_core.portfolio.market import Market, check_calendar
from ml_core.rivals import Progress, forecast_baselines
from ml_core.splits import Split, combinatorial, holdout, walk_forward
from ml_core.training.fit import fit
from ml_core.windows import Origin, Windows, build_windows

PERIODS_PER_YEAR = {"daily": 252.0, "weekly": 52.0}


@dataclass(frozen=True)
class Evaluation:
    """What a walk through time gave: SCORED forecasts, Scores, COVERAGE, and by split what trading them came to, with
    its summary."""

    forecasts: pl.DataFrame
    scores: pl.DataFrame
    coverage: pl.DataFrame
    money: dict[str, Comparison]
    risk: dict[str, dict]
    left_out: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def backtest(self) -> pl.DataFrame:
        """BACKTEST of the strategy, over all splits."""
        return pl.concat(one.backtest for one in self.money.values())


def evaluate(
    experiment: Experiment,
    prices: pl.DataFrame,
    *,
    benchmark: pl.DataFrame | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Refit the experiment's own spec for every fold and for the holdout; score every test session once."""
    windows, left_out = open_windows(experiment.spec, prices)
    splits = plan(experiment, windows)
    parts = []
    for split, forecaster in _refit(experiment, windows, splits, progress=progress):
        beside = forecast_baselines(experiment, windows, split, beside=forecaster, progress=progress)
        parts.append((forecast_split(forecaster, windows, split), beside))
    forecasts = pl.concat([scored for scored, _ in parts])
    baselines = {name: pl.concat([beside[name] for _, beside in parts]) for name in parts[0][1]}
    volatility = pl.concat(
        [tell_volatility(windows, split).with_columns(split=name_part(split)) for split in splits]
    )
    found = judge(experiment, prices, forecasts, baselines, volatility, benchmark=benchmark)
    return replace(found, left_out=left_out, lost=tell_lost(prices, windows, experiment.reading.lookback))


def walk_forecasts(
    experiment: Experiment, prices: pl.DataFrame, *, progress: Progress | None = None
) -> pl.DataFrame:
    """SCORED rows of every fold and of the holdout, as `evaluate` has them, without the baselines and the scores."""
    windows, _ = open_windows(experiment.spec, prices)
    refitted = _refit(experiment, windows, plan(experiment, windows), progress=progress)
    return pl.concat([forecast_split(forecaster, windows, split) for split, forecaster in refitted])


def _refit(
    experiment: Experiment, windows: Windows, splits: list[Split], *, progress: Progress | None
) -> Iterator[tuple[Split, Forecaster]]:
    """The experiment's own spec, fitted anew for each split."""
    for number, split in enumerate(splits):
        if progress:
            progress(
                f"fold {number + 1} of {len(splits)}: {split.name} {split.test.start} to {split.test.end}"
            )
        yield split, fit(experiment.spec, windows, split)


def read_panel(spec: RunSpec, prices: pl.DataFrame) -> tuple[Windows, tuple[str, ...]]:
    """The panel that a spec reads, however short, and the features that these prices cannot give."""
    if (sessions := prices["date"].n_unique()) < 2:
        raise NotEnoughData(f"{sessions} session of prices; expected at least {spec.reading.lookback + 1}")
    asked, columns = spec.reading.features, tuple(prices.columns)
    built = build_features(prices, chosen_names(asked, columns))
    origin = Origin(asked, columns, built.left_out)
    return build_windows(prices, built, spec.task, origin=origin), built.left_out


def open_windows(spec: RunSpec, prices: pl.DataFrame) -> tuple[Windows, tuple[str, ...]]:
    """The same, long enough for a window and for the longest horizon, its sessions as far apart as the task says."""
    check_calendar(Market(prices, PERIODS_PER_YEAR[spec.task.frequency]))
    windows, left_out = read_panel(spec, prices)
    if not windows.usable(spec.reading.lookback).any():
        raise NotEnoughData(
            f"{len(windows.sessions)} sessions from {windows.sessions[0]} to {windows.sessions[-1]} give no window: "
            f"the features need a warm-up and the look-back {spec.reading.lookback} sessions after it"
        )
    longest = spec.task.horizons[-1]
    if longest >= len(windows.sessions):
        raise NotEnoughData(
            f"task.horizons: {longest} is longer than the {len(windows.sessions)} sessions of data"
        )
    return windows, left_out


def plan(experiment: Experiment, windows: Windows) -> list[Split]:
    """The folds of the experiment's scheme, and the holdout after them if one is asked for."""
    sessions = windows.usable_sessions(experiment.reading.lookback)
    horizon, validation = experiment.task.horizons[-1], experiment.validation
    cut = combinatorial if validation.scheme == "combinatorial" else walk_forward
    folds = cut(sessions, validation, horizon=horizon)
    if validation.holdout:
        folds.append(holdout(sessions, validation, horizon=horizon, fold=len(folds)))
    return folds


def forecast_split(forecaster: Forecaster, windows: Windows, split: Split) -> pl.DataFrame:
    """SCORED rows of the test span: every session of it, each beside what came."""
    windows = windows.read_as(forecaster.spec.reading.features)
    rows_NT = windows.usable(forecaster.lookback) & windows.rows(split.test)
    realized = windows.to_table(rows_NT, realized=windows.y_NTH.astype(float) * windows.unit_NTH)
    forecasts = forecaster.forecast(windows, rows_NT).with_columns(
        realized["realized"], fold=pl.lit(split.fold), split=name_part(split)
    )
    return conform(forecasts, SCORED, "forecasts")


def name_part(split: Split) -> pl.Expr:
    """Which part of the evidence a row of the test belongs to: the split's own name, or a path's."""
    named = pl.lit(split.name)
    for path, span in split.paths:
        named = pl.when(pl.col("as_of").is_between(span.start, span.end)).then(pl.lit(path)).otherwise(named)
    return named


def tell_volatility(windows: Windows, split: Split) -> pl.DataFrame:
    """(ticker, as_of, volatility) of the test span: how the volatility known at each close stands among those of the
    ticker's training dates, or of all tickers' where it has none."""
    unit_NT, train_T = windows.unit_NTH[:, :, 0], windows.rows(split.train)
    learned_NT = np.where(windows.open_NT & train_T, unit_NT, np.nan)
    own = [learned_T[np.isfinite(learned_T)] for learned_T in learned_NT]
    cuts_NC = np.array([np.quantile(one if len(one) else np.concatenate(own), (1 / 3, 2 / 3)) for one in own])
    ticker, session = np.nonzero(windows.open_NT & windows.rows(split.test))
    state = (unit_NT[ticker, session, None] > cuts_NC[ticker]).sum(axis=1)
    return pl.DataFrame(
        {
            "ticker": pl.Series(windows.tickers, dtype=pl.String).gather(ticker),
            "as_of": np.asarray(windows.sessions, dtype="datetime64[D]")[session],
            "volatility": pl.Series(STATES, dtype=pl.String).gather(state),
        },
        schema_overrides={"as_of": pl.Date},
    )


def judge(
    experiment: Experiment,
    prices: pl.DataFrame,
    forecasts: pl.DataFrame,
    baselines: dict[str, pl.DataFrame],
    volatility: pl.DataFrame,
    *,
    benchmark: pl.DataFrame | None = None,
    trials: int = 1,
) -> Evaluation:
    """Scores beside the baselines, where the intervals held, what trading would have earned after costs."""
    scores = score(forecasts, baselines)
    money = weigh(experiment, prices, forecasts, benchmark=benchmark, trials=trials)
    risk = {name: one.summary for name, one in money.items()}
    coverage = measure_coverage(forecasts, volatility)
    return Evaluation(forecasts, scores, coverage, money, risk)


def weigh(
    experiment: Experiment,
    prices: pl.DataFrame,
    forecasts: pl.DataFrame,
    *,
    benchmark: pl.DataFrame | None = None,
    trials: int = 1,
) -> dict[str, Comparison]:
    """By split, what the experiment's strategy makes of these forecasts, beside what needs none."""
    market = market_of(experiment, prices, benchmark)
    return {
        name: compare(part, experiment.strategy, market, horizon=horizon_of(experiment), trials=trials)
        for (name,), part in sorted(
            forecasts.partition_by("split", as_dict=True).items(),
            key=lambda one: (one[0] == ("holdout",), one[0]),
        )
    }


def decide(experiment: Experiment, prices: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """POSITIONS of the experiment's strategy on these forecasts."""
    market, horizon = market_of(experiment, prices), horizon_of(experiment)
    return strategies.build_positions(forecasts, experiment.strategy, horizon=horizon, market=market)


def trade(experiment: Experiment, prices: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """BACKTEST of these positions."""
    hold = hold_of(experiment.strategy, horizon=horizon_of(experiment))
    positions, market = decide(experiment, prices, forecasts), market_of(experiment, prices)
    return strategies.trade(positions, experiment.strategy, hold=hold, market=market)


def market_of(experiment: Experiment, prices: pl.DataFrame, benchmark: pl.DataFrame | None = None) -> Market:
    """The prices with the benchmark to stand beside; without prices of one, an equal weight of the tickers does."""
    name = experiment.universe.benchmark
    among = name is not None and name in prices["ticker"]
    return Market(
        prices,
        PERIODS_PER_YEAR[experiment.task.frequency],
        benchmark=name if among or benchmark is not None else None,
        beside=None if among else benchmark,
    )


def horizon_of(experiment: Experiment) -> int:
    """What is judged first, and traded by what names no horizon of its own."""
    return experiment.strategy.horizon or experiment.task.horizons[0]
