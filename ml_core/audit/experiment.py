"""Audits an experiment's whole walk through time, from the bars that arrived to the account: no stage may know
the future."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ml_core.audit.alignment import audit_alignment
from ml_core.audit.execution import audit_execution
from ml_core.audit.stages import tell_features, tell_forecasts, tell_learned, tell_states, tell_targets
from ml_core.data.intake.arrived import ACTED, check_arrived, tell_known
from ml_core.data.prices import Sources, build_prices
from ml_core.data.quality.judge import CheckedBars
from ml_core.errors import NotEnoughData
from ml_core.evaluation.leakage import WHAT, Audit, audit_stages
from ml_core.evaluation.variants import Tables, last_date
from ml_core.forecaster.forecaster import Forecaster
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.portfolio import strategies
from ml_core.spec.experiment import Experiment, Model, RunSpec
from ml_core.training.fit import fit
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.opening import plan_folds, read_panel
from ml_core.walkforward.rows import forecast_split
from ml_core.walkforward.trading import decide, trade

CHEAP = "ridge"  # reads the scaler, the chosen features and their order: what they know, it knows
RIVAL = "log_har"  # stands beside a model, learns up to the test and reads the bars; GARCH learns the same, dearly
FOLDS = 2
WINDOWS = 256


@dataclass(frozen=True)
class Steps:
    """The functions that are audited: those of every evaluation. A test puts one that leaks in the place of any."""

    check: Callable[[Experiment, pl.DataFrame], CheckedBars] = check_arrived
    read: Callable[[Experiment, Sources], pl.DataFrame] = build_prices
    panel: Callable[[RunSpec, pl.DataFrame], tuple[Windows, tuple[str, ...]]] = read_panel
    fit: Callable[..., Forecaster] = fit
    beside: Callable[..., dict[str, pl.DataFrame]] = forecast_baselines
    decide: Callable[[Experiment, pl.DataFrame, pl.DataFrame], pl.DataFrame] = decide
    trade: Callable[..., pl.DataFrame] = strategies.trade


@dataclass(frozen=True)
class Fold:
    """A split, and the session at whose close the last label that its fit learns from is known."""

    split: Split
    known: dt.date


def audit_experiment(
    experiment: Experiment,
    sources: Sources,
    *,
    dates: int = 4,
    seed: int = 0,
    changes: Sequence[str] = tuple(WHAT),
    steps: Steps | None = None,
    progress: Callable[[str], None] | None = None,
) -> Audit:
    """Audit bars, features, targets, what two folds learn, their forecasts and a rival's, positions and backtest. Each
    is compared up to the second session of all, to the last that a fold learns from, and to random ones after it.
    Targets must be aligned, and positions earn only from when they could be traded. The bars of `sources` are those
    that arrived, before any check."""
    walk = _Walk(experiment, sources, steps or Steps())
    checked = walk.steps.check(experiment, sources.bars)
    prices = walk.steps.read(experiment, replace(sources, bars=checked.sound))
    windows, _ = walk.steps.panel(experiment.spec, prices)
    folds = choose_folds(experiment, windows, seed=seed)
    chosen = audited_dates(windows, folds, count=dates, seed=seed, unclear=unclear_dates(checked))
    tables = sources.tables
    given = walk.run(tables, folds, last_date(tables))
    audit = audit_stages(
        lambda changed, until: walk.run(changed, folds, until),
        tables,
        as_of=chosen,
        seed=seed,
        listings=experiment.reading.layout != "joint",
        changes=changes,
        given=given,
        progress=progress,
    )
    audit += audit_execution(
        experiment, prices, given.get("positions"), dates=dates, seed=seed, trade=walk.steps.trade
    )
    return audit + audit_alignment(tell_targets(windows), prices, kind=experiment.task.target)


def choose_folds(experiment: Experiment, windows: Windows, *, seed: int) -> list[Fold]:
    """Two folds in a row, drawn by chance. They are of the walk forward, whichever way the experiment is scored."""
    forward = experiment.validation.model_copy(update={"scheme": "walk_forward"})
    splits = plan_folds(experiment.model_copy(update={"validation": forward}), windows)
    first = int(np.random.default_rng(seed).integers(max(1, len(splits) - FOLDS + 1)))
    longest = experiment.task.horizons[-1]
    sessions = windows.sessions
    return [
        Fold(split, sessions[sessions.index(split.validation.end) + longest])
        for split in splits[first : first + FOLDS]
    ]


def unclear_dates(checked: CheckedBars) -> set[dt.date]:
    """Sessions before which some bar stands as a later one tells it: a unit that came back, a split recorded late. What
    was made of the bar until then was another thing, and is no leak."""
    late = checked.findings.filter(ACTED, pl.col("known") > pl.col("date")).select("date", "known").unique()
    return {
        since + dt.timedelta(days=days)
        for since, known in late.iter_rows()
        for days in range((known - since).days)
    }


def audited_dates(
    windows: Windows, folds: list[Fold], *, count: int, seed: int, unclear: Collection[dt.date] = ()
) -> list[dt.date]:
    """The second session, where alone a back-fill shows; the last that the first fold learns from; others by chance
    of the folds' test spans in turn. Never the last session, for nothing comes after it, nor one that is unclear."""
    sessions = [date for date in windows.sessions[:-1] if date not in unclear]
    random = np.random.default_rng([seed, 1])
    chosen = [windows.sessions[1], folds[0].known]
    for number in range(max(0, count - len(chosen))):
        test = folds[number % len(folds)].split.test
        inside = [date for date in sessions if test.start <= date <= test.end]
        if inside:
            chosen.append(inside[int(random.integers(len(inside)))])
    return sorted(set(chosen) - set(unclear))


@dataclass(frozen=True)
class _Walk:
    """The experiment's own steps over two of its folds, on whatever the tables hold."""

    experiment: Experiment
    sources: Sources
    steps: Steps

    def run(self, tables: Tables, folds: list[Fold], until: dt.date) -> Tables:
        """The tables of every stage; of forecasts and what follows from them, up to that date."""
        checked = self.steps.check(self.experiment, tables["bars"])
        sources = replace(self.sources, **{**tables, "bars": checked.sound})
        prices = self.steps.read(self.experiment, sources)
        windows, _ = self.steps.panel(self.experiment.spec, prices)
        stages: dict[str, list[pl.DataFrame]] = {
            "bars": [tell_known(checked)],
            "features": [tell_features(windows)],
            "targets": [tell_targets(windows)],
        }
        own: list[pl.DataFrame] = []
        for fold in folds:
            if fold.known > until:
                continue
            stages.setdefault("rivals", []).append(self._rival(windows, fold, until))
            for spec in self._specs():
                told, forecasts = self._learn(spec, windows, fold, until)
                for stage, table in told.items():
                    stages.setdefault(stage, []).append(table)
                if spec.model.family == self.experiment.model.family:
                    own.append(forecasts)
        done = {stage: pl.concat(parts) for stage, parts in stages.items()}
        return done | self._trade(prices, own)

    def _specs(self) -> list[RunSpec]:
        """The experiment's own model, taught briefly, and one that is cheap."""
        spec = self.experiment.spec.model_copy(update={"seeds": 1})
        brief = spec.training.model_copy(update={"epochs": 1, "windows": WINDOWS})
        own = spec.model_copy(update={"training": brief})
        cheap = spec.model_copy(update={"model": Model(family=CHEAP)})
        return [own] if own.model.family == CHEAP else [own, cheap]

    def _learn(
        self, spec: RunSpec, windows: Windows, fold: Fold, until: dt.date
    ) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
        family, split = spec.model.family, fold.split
        forecaster = self.steps.fit(spec, windows, split)
        told = tell_learned(forecaster, known=fold.known, fold=split.fold, family=family)
        if family == CHEAP:
            told["market states"] = tell_states(windows, forecaster, known=fold.known, fold=split.fold)
        forecasts = forecast_split(forecaster, windows, _up_to(split, until))
        return {**told, "forecasts": tell_forecasts(forecasts, family)}, forecasts

    def _rival(self, windows: Windows, fold: Fold, until: dt.date) -> pl.DataFrame:
        """What it says on the test dates, having learned from all before them."""
        split = _up_to(fold.split, until)
        told = self.steps.beside(self.experiment, windows, split, names=(RIVAL,))[RIVAL]
        return tell_forecasts(told, RIVAL)

    def _trade(self, prices: pl.DataFrame, own: list[pl.DataFrame]) -> dict[str, pl.DataFrame]:
        forecasts = pl.concat(own) if own else pl.DataFrame()
        if forecasts.is_empty():
            return {}
        done = {"positions": self.steps.decide(self.experiment, prices, forecasts)}
        # where the tables end on the first day of the test nothing was traded yet
        with suppress(NotEnoughData):
            done["backtest"] = trade(self.experiment, prices, forecasts)
        return done


def _up_to(split: Split, until: dt.date) -> Split:
    """The split, nothing asked of it after that date."""
    return replace(split, test=Span(split.test.start, min(split.test.end, until)))
