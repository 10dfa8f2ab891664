"""Is the choice of features worth anything? The demo's splits, an untuned network, three ways to choose its inputs.

Ours (by group, by what lasts over the years), the same number by the strongest correlation with the next session's
outcome (near copies skipped), and all of them. Printed: IC one and five sessions ahead on each test span, CPU seconds.

    python benchmarks/selection.py [LSTM, or any family]
"""

import datetime as dt
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.evaluation.metrics import find_metric
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Features, Model
from ml_core.spec.file import read_experiment
from ml_core.training.choice import choose_features
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.rows import forecast_split

EXPERIMENT = read_experiment("demo", ())
SPEC, COUNT, NEAR_COPY = EXPERIMENT.spec, 16, 0.95
Choose = Callable[[Windows, Split], tuple[str, ...]]


def by_group(windows: Windows, split: Split) -> tuple[str, ...]:
    return tuple(one.feature for one in choose_features(SPEC, windows, split.train))


def by_strength(windows: Windows, split: Split) -> tuple[str, ...]:
    rows_NT = windows.usable(SPEC.reading.lookback) & windows.rows(split.train)
    x_RF = np.nan_to_num(windows.x_NTF[rows_NT].astype(np.float64))
    y_R = np.nan_to_num(windows.y_NTH[rows_NT][:, 0].astype(np.float64))
    spread = x_RF.std(axis=0)
    z_RF = (x_RF - x_RF.mean(axis=0)) / np.where(spread > 0, spread, np.inf)
    alike = np.abs(z_RF.T @ z_RF) / len(z_RF)
    chosen: list[int] = []
    for place in np.argsort(-np.abs(z_RF.T @ (y_R - y_R.mean())), kind="stable"):
        if len(chosen) < COUNT and all(alike[place, other] < NEAR_COPY for other in chosen):
            chosen.append(int(place))
    return tuple(windows.features[place] for place in sorted(chosen))


def everything(windows: Windows, split: Split) -> tuple[str, ...]:
    del split
    return windows.features


def score(windows: Windows, split: Split, names: tuple[str, ...], family: str) -> list[float]:
    reading = SPEC.reading.model_copy(update={"features": Features(names=names)})
    spec = SPEC.model_copy(update={"reading": reading, "model": Model(family=family)})
    own = replace(windows, features=names, x_NTF=windows.inputs(names), origin=None)
    forecasts = forecast_split(fit(spec, own, split), own, split)
    ic = find_metric("ic")
    return [ic(forecasts.filter(pl.col("horizon") == horizon)) for horizon in (1, 5)]


def main(family: str = "lstm") -> None:
    request = Request(
        EXPERIMENT.universe.tickers, {}, "XNYS", None, None, dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    )
    market = simulated.Config.model_validate(EXPERIMENT.data.options["simulated"])
    windows, _ = open_windows(SPEC, adjust(simulated.fetch(request, market).bars))
    splits = plan_folds(EXPERIMENT, windows)
    print(
        f"{family}, {len(windows.features)} features to choose from, {len(splits)} test spans, the holdout last"
    )
    ways: dict[str, Choose] = {"by group": by_group, "by strength": by_strength, "all": everything}
    for title, choose in ways.items():
        found, spent = [], time.process_time()
        for split in splits:
            found.append(score(windows, split, choose(windows, split), family))
        each = "  ".join(f"{one:.3f} {five:.3f}" for one, five in found)
        one, five = np.mean(found, axis=0)
        print(f"{title:12} mean {one:.4f} {five:.4f}   {each}   {time.process_time() - spent:5.1f} CPU s")


if __name__ == "__main__":
    main(*sys.argv[1:])
