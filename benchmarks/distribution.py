"""Do intervals hold, and is the scale any good? Walk-forward, on the same rows: ours, the rivals of the claim `range`
(GARCH, GJR-GARCH, log-HAR), a window, EWMA.

Markets: simulated clustering; the same with jumps that begin half way through the test; and, if a folder of Parquet
files (date, ticker, open, high, low, close, adj_close) is given, ten ETFs, tested on its last seven years. Per market
and horizon it prints the coverage of 90 % intervals, in all, by volatility and by year, and the CRPS of a normal with
each scale as a share of GARCH's, with the Diebold-Mariano p that the row beats GARCH; then ours as a share of each
rival's. Rivals learn from all that was known before the first test date and are filtered on; the window is the
empirical distribution of a ticker's last 250 outcomes. `levelled` rows pass through the calibration that ours pass
through. `--rates` prints instead what other rates of the widths give: coverage, its RMS distance from 90 % by ticker
and fold, CRPS against standing still.

    python benchmarks/distribution.py [--files FOLDER] [--rates]
"""

import argparse
import dataclasses
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import torch
from distribution_markets import markets

from ml_core.baselines import Lesson, fit_baseline
from ml_core.claims.case import Terms
from ml_core.evaluation.coverage import measure_coverage
from ml_core.evaluation.intervals import track_widths
from ml_core.evaluation.metrics import DEVIATIONS, LEVEL, normal_crps
from ml_core.evaluation.significance import diebold_mariano
from ml_core.forecaster.calibration import SHARES, fit_calibration
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Experiment, Model
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.rows import tell_volatility

HORIZONS = (1, 5, 20)
WINDOW = 250
FEATURES = (
    "momentum_1", "momentum_5", "momentum_20", "shock", "volatility_5", "volatility_20", "volatility_60",
    "volatility_ratio", "parkinson_10", "parkinson_20", "downside_share_20",
)  # fmt: skip
ROWS = {"garch": "GARCH", "gjr_garch": "GJR-GARCH", "log_har": "log-HAR"}
RATES = (0.0, 0.005, 0.01, 0.02, 0.04)

Outputs = tuple[np.ndarray, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=Path)
    parser.add_argument("--rates", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for name, prices, folds in markets(asked.files):
        began = time.process_time()
        (report_rates if asked.rates else report)(name, prices, folds)
        print(f"({time.process_time() - began:.0f} CPU s)\n")


def walk(prices: pl.DataFrame, folds: int) -> tuple[Experiment, Windows, list[Split]]:
    experiment = Experiment.model_validate(
        {
            "name": "distribution",
            "universe": {"tickers": tuple(prices["ticker"].unique().sort())},
            "task": {"lookback": 40, "horizons": HORIZONS},
            "features": {"names": FEATURES},
            "training": {"epochs": 15},
            "validation": {"train": 1008, "test": 251, "holdout": 0, "folds": folds, "early_stopping": 0.25},
        }
    )
    windows, _ = open_windows(experiment.spec, prices)
    return experiment, windows, plan_folds(experiment, windows)


def report(name: str, prices: pl.DataFrame, folds: int) -> None:
    experiment, windows, splits = walk(prices, folds)
    tables: dict[str, list[pl.DataFrame]] = {}
    for split in splits:
        for row, table in forecasts(experiment, windows, split):
            tables.setdefault(row, []).append(table)
    found = {row: pl.concat(parts) for row, parts in tables.items()}
    print(f"{name}: {len(windows.tickers)} tickers, test {splits[0].test.start} to {splits[-1].test.end}")
    show_coverage(found, pl.concat(tell_volatility(windows, split) for split in splits))
    show_crps(found)


def report_rates(name: str, prices: pl.DataFrame, folds: int) -> None:
    experiment, windows, splits = walk(prices, folds)
    usable_NT, zero_NTH = windows.usable(experiment.reading.lookback), np.zeros(windows.y_NTH.shape)
    print(name)
    still = None
    for rate in RATES:
        covered, crps = [], []
        for split in splits:
            fitted = fit_calibration(windows, split, usable_NT, zero_NTH, zero_NTH + 1, shares=(0.0,))
            _, reach_NTH = dataclasses.replace(fitted, until=dt.date.max).apply(
                windows, zero_NTH, zero_NTH + 1
            )
            since = int(windows.rows(Span(windows.sessions[0], split.validation.end)).sum())
            error_NTH, test_T = np.abs(windows.y_NTH), windows.rows(split.test)
            reach_NTH = reach_NTH * track_widths(
                error_NTH / reach_NTH, 1.0, level=LEVEL, horizons=HORIZONS, since=since, rate=rate
            )
            error_NTH, reach_NTH = error_NTH[:, test_T], reach_NTH[:, test_T]
            inside_NTH = np.where(np.isfinite(error_NTH), error_NTH <= reach_NTH, np.nan)
            covered.append(np.nanmean(inside_NTH, axis=1))
            crps.append(np.nanmean(normal_crps(error_NTH, reach_NTH / DEVIATIONS), axis=(0, 1)))
        share_RH, loss_H = np.concatenate(covered), np.mean(crps, axis=0)
        distance_H, share_H = np.sqrt(np.mean((share_RH - LEVEL) ** 2, axis=0)), share_RH.mean(axis=0)
        still = loss_H if still is None else still
        cells = [
            f"h={horizon:<3} {100 * share:.1f} % off by {100 * off:.1f}, CRPS {loss / base:.4f}"
            for horizon, share, off, loss, base in zip(
                HORIZONS, share_H, distance_H, loss_H, still, strict=True
            )
        ]
        print(f"  rate {rate:<6} {'   '.join(cells)}")


def forecasts(experiment: Experiment, windows: Windows, split: Split) -> Iterator[tuple[str, pl.DataFrame]]:
    """Every contestant's rows of one fold: mean, scale, interval and CRPS beside what came."""
    usable_NT = windows.usable(experiment.reading.lookback)
    rows_NT = usable_NT & windows.rows(Span(split.validation.start, split.test.end))
    zero_NTH = np.zeros(windows.y_NTH.shape)
    lesson = Lesson(windows, split, experiment.reading.lookback, windows.features, rival=True)
    rivals = {
        name: fit_baseline(Model(family=name), lesson).outputs(windows, rows_NT, windows.features)
        for name in Terms().range
    }
    contestants: list[tuple[str, Outputs, tuple[float, ...]]] = [
        ("states only", (zero_NTH, np.ones_like(zero_NTH)), (0.0,)),
        ("EWMA levelled", (zero_NTH, np.ones_like(zero_NTH)), (1.0,)),
        ("GARCH levelled", rivals["garch"], (1.0,)),
    ]
    for loss in ("mse", "student_t"):
        training = experiment.training.model_copy(update={"loss": loss})
        spec = experiment.spec.model_copy(update={"training": training})
        outputs = fit(spec, windows, split).outputs(windows, rows_NT)
        contestants += [(f"ours ({loss})", outputs, SHARES), (f"head only ({loss})", outputs, (1.0,))]
    for name, outputs, shares in contestants:
        calibration = fit_calibration(windows, split, usable_NT, *outputs, shares=shares)
        yield name, scored(windows, split, rows_NT, *calibration.apply(windows, *outputs))
        if name == "ours (mse)":
            still = dataclasses.replace(calibration, until=dt.date.max)
            yield "ours, not adaptive", scored(windows, split, rows_NT, *still.apply(windows, *outputs))
    for name, (_, scale_NTH) in rivals.items():
        yield ROWS.get(name, name), scored(windows, split, rows_NT, zero_NTH, scale_NTH * DEVIATIONS)
    yield "window", window_scored(windows, split, rows_NT)


def scored(
    windows: Windows, split: Split, rows_NT: np.ndarray, mean_NTH: np.ndarray, reach_NTH: np.ndarray
) -> pl.DataFrame:
    """A mean and the reach of its 90 % interval, in units, as rows."""
    mean_NTH, reach_NTH = mean_NTH * windows.unit_NTH, reach_NTH * windows.unit_NTH
    realized_NTH = windows.y_NTH * windows.unit_NTH.astype(float)
    crps_NTH = normal_crps(realized_NTH - mean_NTH, reach_NTH / DEVIATIONS)
    return windows.to_table(
        rows_NT & windows.rows(split.test),
        realized=realized_NTH,
        lower=mean_NTH - reach_NTH,
        upper=mean_NTH + reach_NTH,
        crps=crps_NTH,
    ).with_columns(split=pl.lit("test"))


def window_scored(windows: Windows, split: Split, rows_NT: np.ndarray) -> pl.DataFrame:
    """The empirical distribution of the last outcomes known at each close, and its exact CRPS."""
    realized_NTH = windows.y_NTH * windows.unit_NTH.astype(float)
    lower_NTH, upper_NTH, crps_NTH = (np.full(realized_NTH.shape, np.nan) for _ in range(3))
    test_NT = rows_NT & windows.rows(split.test)
    rank_W = 2 * np.arange(1, WINDOW + 1) - WINDOW - 1
    for column, horizon in enumerate(windows.horizons):
        for ticker, session in np.argwhere(test_NT):
            known, place = session - horizon + 1, (ticker, session, column)
            past_W = np.sort(realized_NTH[ticker, known - WINDOW : known, column])
            lower_NTH[place], upper_NTH[place] = np.quantile(past_W, (0.05, 0.95))
            spread = (rank_W * past_W).sum() / WINDOW**2
            crps_NTH[place] = np.abs(past_W - realized_NTH[place]).mean() - spread
    columns = {"realized": realized_NTH, "lower": lower_NTH, "upper": upper_NTH, "crps": crps_NTH}
    return windows.to_table(test_NT, **columns).with_columns(split=pl.lit("test"))


def show_coverage(found: dict[str, pl.DataFrame], volatility: pl.DataFrame) -> None:
    """One line per contestant and horizon."""
    for row in ("ours (mse)", "ours, not adaptive", "GARCH", "window"):
        table = measure_coverage(found[row], volatility)
        for (horizon,), part in sorted(table.partition_by("horizon", as_dict=True).items()):
            shares = zip(part["group"], 100 * part["coverage"], strict=True)
            cells = "  ".join(f"{group} {share:.1f}" for group, share in shares)
            low, high = 100 * part["low"][0], 100 * part["high"][0]
            print(f"  coverage  {row:20} h={horizon:<3} [{low:.1f}, {high:.1f}]  {cells}")


def show_crps(found: dict[str, pl.DataFrame]) -> None:
    """CRPS as a share of GARCH's, and the p that this row beats GARCH; then ours beside each rival."""
    for row, table in found.items():
        print(f"  CRPS/GARCH  {row:20} {_beside(table, found['GARCH'])}")
    for rival in (ROWS.get(name, name) for name in Terms().range):
        print(f"  CRPS, ours over {rival:16} {_beside(found['ours (mse)'], found[rival])}")


def _beside(table: pl.DataFrame, base: pl.DataFrame) -> str:
    cells = []
    for horizon in HORIZONS:
        ours_T, base_T = (_by_date(one, horizon) for one in (table, base))
        p = diebold_mariano(ours_T, base_T, horizon=horizon).p
        cells.append(f"h={horizon:<3} {ours_T.mean() / base_T.mean():.4f} (p {p:.3f})")
    return "   ".join(cells)


def _by_date(table: pl.DataFrame, horizon: int) -> np.ndarray:
    known = table.filter(pl.col("crps").is_not_null(), horizon=horizon)
    return known.group_by("as_of").agg(pl.col("crps").mean()).sort("as_of")["crps"].to_numpy()


if __name__ == "__main__":
    main()
