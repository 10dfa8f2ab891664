"""What a model must keep: it answers every asked place with a number, knows no future, answers a place alone as among
others, learns the same from the same seed, and is opened from its files as it was saved."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from candorcast.own.estimators import forget_opened
from candorcast.testing.market import change_after, make_prices, read_panel, split_panel
from ml_core.errors import ContractBroken
from ml_core.forecaster.files import load_forecaster, save_forecaster
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.learners import complete
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.reading import Reading
from ml_core.spec.run import Model, RunSpec, Training
from ml_core.spec.task import Task

LOOKBACK = 8
TASK = Task(horizons=(1, 5))


@dataclass(frozen=True)
class _Case:
    """A model under check, fitted on a small market."""

    name: str
    spec: RunSpec
    windows: Windows
    split: Split
    made: Forecaster

    @property
    def rows_NT(self) -> np.ndarray:
        return self.windows.usable(LOOKBACK) & self.windows.rows(self.split.test)

    def says(self, forecaster: Forecaster, windows: Windows, rows_NT: np.ndarray) -> tuple[np.ndarray, ...]:
        """mean_RH and scale_RH before calibration, at these places."""
        return tuple(part_NTH[rows_NT] for part_NTH in forecaster.outputs(windows, rows_NT))

    def refuse(self, told: str) -> ContractBroken:
        return ContractBroken(f"model '{self.name}': {told}")


def check_model(name: str, options: Mapping[str, Any] | None = None) -> None:
    """A model or network by its name; `options` as [model] of an experiment has them, small ones for a slow model."""
    from ml_core.training.fit import fit

    windows = read_panel(make_prices(), TASK)
    spec = RunSpec(
        task=TASK,
        reading=Reading(lookback=LOOKBACK),
        model=complete(Model(family=name, **(options or {}))),
        training=Training(epochs=2, batch=32),
        seed=3,
    )
    split = split_panel(windows)
    case = _Case(name, spec, windows, split, fit(spec, windows, split))
    _require_numbers(case)
    _require_no_future(case)
    _require_alone_as_among_others(case)
    _require_same_again(case)
    _require_opened_as_saved(case)


def _require_numbers(case: _Case) -> None:
    mean_RH, scale_RH = case.says(case.made, case.windows, case.rows_NT)
    if not np.isfinite(mean_RH).all():
        raise case.refuse("a mean is no finite number; expected one for every asked place and horizon")
    if not (np.isfinite(scale_RH).all() and (scale_RH > 0).all()):
        raise case.refuse("a scale is not above zero; expected one for every asked place and horizon")


def _require_no_future(case: _Case) -> None:
    """Neither in what it says of a session, nor in what it learned."""
    from ml_core.training.fit import fit

    days, prices = case.windows.sessions, make_prices()
    whole = case.says(case.made, case.windows, case.rows_NT)
    for place in (196, 217, 239):
        until_NT = case.rows_NT & (np.arange(len(days)) <= place)
        changed = read_panel(change_after(prices, days[place], seed=place), TASK)
        known = case.says(case.made, case.windows, until_NT)
        if not _same(known, case.says(case.made, changed, until_NT)):
            raise case.refuse(
                f"what it says up to {days[place]} changes with later bars; expected the past alone"
            )
    last = days[days.index(case.split.validation.end) + TASK.horizons[-1]]
    again = fit(case.spec, read_panel(change_after(prices, last), TASK), case.split)
    if not _same(whole, case.says(again, case.windows, case.rows_NT)):
        raise case.refuse(f"what it learned changes with bars after {last}, the last that training may know")


def _require_alone_as_among_others(case: _Case) -> None:
    alone_NT = np.zeros_like(case.rows_NT)
    alone_NT[2, 220] = True
    among = tuple(part_NTH[alone_NT] for part_NTH in case.made.outputs(case.windows, case.rows_NT))
    if not _same(among, case.says(case.made, case.windows, alone_NT)):
        raise case.refuse(
            "a place is answered otherwise alone than among others; expected the same in every bit"
        )


def _require_same_again(case: _Case) -> None:
    from ml_core.training.fit import fit

    again = fit(case.spec, case.windows, case.split)
    one, other = (case.says(who, case.windows, case.rows_NT) for who in (case.made, again))
    if not _same(one, other):
        raise case.refuse(
            "fitted again by the same seed it answers otherwise; expected one that draws from its seed"
        )


def _require_opened_as_saved(case: _Case) -> None:
    whole = case.made.forecast(case.windows, case.rows_NT)
    with tempfile.TemporaryDirectory() as folder:
        save_forecaster(case.made, Path(folder))
        forget_opened()
        opened = load_forecaster(Path(folder))
        if not opened.forecast(case.windows, case.rows_NT).equals(whole):
            raise case.refuse("opened from its files it answers otherwise than when it was saved")


def _same(one: tuple[np.ndarray, ...], other: tuple[np.ndarray, ...]) -> bool:
    return all(np.array_equal(here, there, equal_nan=True) for here, there in zip(one, other, strict=True))
