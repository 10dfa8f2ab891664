"""Small holdouts for tests: returns whose mean, order and volatility can be known, and who knows them."""

import numpy as np
import polars as pl

from ml_core.claims.case import Case, Terms
from ml_core.evaluation.coverage import STATES
from ml_core.evaluation.metrics import DEVIATIONS
from ml_core.frames import SCORED, conform

PERSISTENCE, STRENGTH, VOLATILITY = 0.9, 0.35, 0.01


def make_case(
    *, sessions: int = 300, tickers: int = 8, horizons: tuple[int, ...] = (1, 5), shuffled: bool = False,
    noise: float = 0.3, seed: int = 0, trials: float = 1.0, terms: Terms | None = None,
) -> Case:  # fmt: skip
    """Forecasts of the truth with `noise` beside those who know nothing; `shuffled` gives each date another's."""
    rng, longest = np.random.default_rng(seed), max(horizons)
    shape, day_T = (sessions + longest, tickers), np.arange(sessions)
    signal_TN = walk(rng, shape)
    scale_TN = VOLATILITY * np.exp(0.6 * walk(rng, shape))
    step_TN = scale_TN * (STRENGTH * signal_TN + rng.normal(size=shape))  # what comes after each session
    told_T = rng.permutation(sessions) if shuffled else day_T
    frames, rivals = [], {name: [] for name in ("zero", "mean", "last", "ewma", *Terms().range)}
    for horizon in horizons:
        y_TN = sum(step_TN[ahead : sessions + ahead] for ahead in range(horizon))
        weight = STRENGTH * (1 - PERSISTENCE**horizon) / (1 - PERSISTENCE)
        mean_TN = weight * (signal_TN + noise * rng.normal(size=shape)) * scale_TN
        width_TN = np.sqrt(sum(scale_TN[ahead : sessions + ahead] ** 2 for ahead in range(horizon)))
        width_TN *= np.std((y_TN - mean_TN[:sessions]) / width_TN)
        frames.append(table(y_TN, horizon, mean_TN[told_T], width_TN[told_T]))
        last_TN, flat_TN = np.roll(y_TN, horizon, axis=0), np.full(y_TN.shape, y_TN.std())
        said = {
            "zero": 0 * y_TN, "mean": 0 * y_TN + 1e-4, "last": last_TN,
            "ewma": last_TN + y_TN.std() * rng.normal(size=y_TN.shape),
            **dict.fromkeys(Terms().range, 0 * y_TN),
        }  # fmt: skip
        for name, own_TN in said.items():
            rivals[name].append(table(y_TN, horizon, own_TN, flat_TN).drop("realized", "fold", "split"))
    state_TN = np.digitize(scale_TN[:sessions], np.quantile(scale_TN, (1 / 3, 2 / 3)))
    key = frames[0].select("ticker", "as_of")
    return Case(
        scored=pl.concat(frames),
        rivals={name: pl.concat(parts) for name, parts in rivals.items()},
        volatility=key.with_columns(volatility=np.array(STATES)[state_TN.ravel()]),
        accounts={1: accounts_of(np.sign(signal_TN[told_T]), step_TN[:sessions])},
        trials=trials,
        terms=terms or Terms(),
    )


def walk(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """What persists, of deviation one."""
    value_TN = rng.normal(size=shape)
    for place in range(1, len(value_TN)):
        value_TN[place] = PERSISTENCE * value_TN[place - 1] + np.sqrt(1 - PERSISTENCE**2) * value_TN[place]
    return value_TN


def table(y_TN: np.ndarray, horizon: int, mean_TN: np.ndarray, scale_TN: np.ndarray) -> pl.DataFrame:
    sessions, tickers = y_TN.shape
    days_T = np.datetime64("2020-01-01") + np.arange(sessions)
    mean, scale = mean_TN[:sessions].ravel(), scale_TN[:sessions].ravel()
    return conform(
        pl.DataFrame(
            {
                "ticker": np.tile([f"T{number:02d}" for number in range(tickers)], sessions),
                "as_of": np.repeat(days_T, tickers), "mean": mean, "scale": scale,
                "lower": mean - DEVIATIONS * scale, "upper": mean + DEVIATIONS * scale, "realized": y_TN.ravel(),
            }
        ).with_columns(horizon=pl.lit(horizon), fold=pl.lit(0), split=pl.lit("holdout")),
        SCORED,
        "scored",
    )  # fmt: skip


def accounts_of(held_TN: np.ndarray, step_TN: np.ndarray) -> pl.DataFrame:
    """A strategy beside those who hold all."""
    days_T = np.datetime64("2020-01-02") + np.arange(len(step_TN))
    net = {
        "strategy": (held_TN * step_TN).mean(axis=1),
        "buy_and_hold": step_TN.mean(axis=1),
        "equal_weight": step_TN.mean(axis=1) - 1e-5,
    }
    return pl.concat(
        pl.DataFrame({"account": [name] * len(days_T), "date": days_T, "net": net_T})
        for name, net_T in net.items()
    )
