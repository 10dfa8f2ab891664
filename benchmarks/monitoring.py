"""How often does monitoring raise a false alarm in a quiet year, and how long until it finds what was broken?

    python benchmarks/monitoring.py [--markets 20] [--features 24] [--streams 500]

Inputs and mixups: simulated markets of 26 tickers, 504 sessions to learn from, then a year that is like them, looked at
every day; a fresh draw of so many features each. Intervals and coverage: streams of daily outcomes of 26 tickers that
go together (correlation 0.3), with intervals that are right; months are calm and wild by turns. Then the same with
something broken at the year's beginning: delay in sessions, of those that were found within the year. An alarm is a
breach that begins; one that goes on is not counted again. A feed that ends is found by counting.
"""

import argparse
import datetime as dt

import numpy as np
import polars as pl

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.features.table import build_features, catalogue
from ml_core.monitoring.checks import bars, inputs, intervals, mixups
from ml_core.panel.windows import Windows, build_windows
from ml_core.spec.experiment import Task

TICKERS = tuple(f"T{number:02d}" for number in range(26))
WARM, LEARNED, YEAR = 260, 504, 252
NOW = dt.datetime(2026, 1, 2, 22, tzinfo=dt.UTC)
GROUPS = ("momentum_", "volatility_", "sma_gap_", "volume_", "rank_", "shock", "gap_", "skew_")


def read_prices(seed: int) -> pl.DataFrame:
    config = simulated.Config(seed=seed, sessions=WARM + LEARNED + YEAR, ic=0.05)
    return adjust(simulated.fetch(Request(TICKERS, {}, "XNYS", None, None, NOW), config).bars)


def read_market(seed: int, *, louder: float = 1.0) -> Windows:
    """The panel of a market whose returns are so many times as large in the last year."""
    prices = read_prices(seed)
    if louder != 1.0:
        late = pl.col("date") > prices["date"].unique().sort()[-YEAR - 1]
        first = pl.col("close").filter(~late).last().over("ticker")
        prices = prices.with_columns(
            pl.when(late).then(first * (pl.col(name) / first) ** louder).otherwise(pl.col(name)).alias(name)
            for name in ("open", "high", "low", "close")
        )
    names = tuple(name for name in catalogue() if name.startswith(GROUPS))
    return build_windows(prices, build_features(prices, names), Task())


def follow_inputs(windows: Windows, chosen: list[int], *, times: float = 1.0) -> np.ndarray:
    """Of each feature and each day of the year, whether it is breached; `times` its unit changes in that year."""
    rows_NT = windows.present_NT & windows.member_NT
    end = len(windows.sessions) - YEAR
    places = np.arange(end - LEARNED, end)
    stretches = [
        places[last - inputs.STRETCH : last] for last in range(LEARNED, inputs.STRETCH - 1, -inputs.STRETCH)
    ]
    chance, found = inputs.ALARMS / inputs.LOOKS / len(chosen), []
    for place in chosen:
        value_NT = windows.x_NTF[:, :, place].astype(float)
        whole = np.sort(value_NT[:, places][rows_NT[:, places]])
        usual = inputs.measure_usual(value_NT, rows_NT, places, stretches)
        allowed = min(max(inputs.FLOOR, inputs.reach(usual, chance)), inputs.CEILING)
        value_NT[:, end:] *= times
        days = [np.arange(day - inputs.STRETCH, day) for day in range(end + 1, end + YEAR + 1)]
        found.append([inputs.distance(whole, value_NT[:, day][rows_NT[:, day]]) > allowed for day in days])
    return np.array(found)


def begins(breached: np.ndarray) -> int:
    """How many breaches begin, along the last axis."""
    before = np.concatenate([np.zeros((*breached.shape[:-1], 1), dtype=bool), breached[..., :-1]], axis=-1)
    return int((breached & ~before).sum())


def follow_intervals(streams: int, *, louder: float, seed: int) -> np.ndarray:
    """Of each stream and each day of the year, whether its intervals are breached."""
    rng, edge = np.random.default_rng(seed), 1.645
    shared = rng.normal(size=(streams, YEAR, 1)) * np.sqrt(0.3)
    own = rng.normal(size=(streams, YEAR, len(TICKERS))) * np.sqrt(0.7)
    share_ST = (np.abs(louder * (shared + own)) <= edge).mean(axis=2)
    return _worth(share_ST) > 1 / intervals.CHANCE


def read_levels(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of prices and turnover, a column a ticker."""
    rows = read_prices(seed).with_columns(
        level=pl.col("close").log(), turnover=(pl.col("close") * pl.col("volume")).log()
    )
    level, turnover = (
        rows.pivot(on="ticker", index="date", values=value).sort("date").select(TICKERS).to_numpy()
        for value in ("level", "turnover")
    )
    return level, turnover


def follow_mixups(level_TN: np.ndarray, turnover_TN: np.ndarray, *, days: int = YEAR) -> np.ndarray:
    """Of each of the first days of the year, whether any ticker is taken for another, and whether the first is."""
    found = []
    for end in range(len(level_TN) - YEAR + 1, len(level_TN) - YEAR + days + 1):
        level, turnover = level_TN[:end], turnover_TN[:end]
        names = list(TICKERS)
        all_found = [
            *mixups.find_twins(level, names),
            *mixups.find_strangers(level, turnover, names),
        ]
        breached = [one.subject for one in all_found if one.breach]
        found.append((bool(breached), any(TICKERS[0] in subject for subject in breached)))
    return np.array(found).T


def swap_twin(level_TN: np.ndarray, turnover_TN: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From the year on the first ticker has the bars of the second."""
    level, turnover, since = level_TN.copy(), turnover_TN.copy(), len(level_TN) - YEAR
    level[since:, 0], turnover[since:, 0] = level[since:, 1], turnover[since:, 1]
    return level, turnover


def swap_stranger(level_TN: np.ndarray, turnover_TN: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """From the year on it has those of a share of another market: another price (a factor e on average, either way),
    and another turnover (4.5 times)."""
    rng, since = np.random.default_rng(seed), len(level_TN) - YEAR
    level, turnover = level_TN.copy(), turnover_TN.copy()
    other, traded = read_levels(seed + 1000)
    level[since:, 0] = level[since - 1, 0] + other[since:, 0] - other[since, 0] + rng.normal(0, 1.0)
    turnover[since:, 0] = turnover[since - 1, 0] + traded[since:, 0] - traded[since, 0] + rng.normal(0, 1.5)
    return level, turnover


def follow_coverage(streams: int, *, one: float = 1.0, wild: float = 1.0, seed: int) -> np.ndarray:
    """Of each stream and each day whether any part is breached: the returns of one ticker are so many times as large
    as was thought, or those of wild months."""
    rng, edge, count = np.random.default_rng(seed), 1.645, len(TICKERS)
    shared = rng.normal(size=(streams, YEAR, 1)) * np.sqrt(0.3)
    moves_STN = shared + rng.normal(size=(streams, YEAR, count)) * np.sqrt(0.7)
    wild_T = np.arange(YEAR) // 21 % 2 == 1
    moves_STN[:, :, 0] *= one
    moves_STN[:, wild_T] *= wild
    inside_STN = (np.abs(moves_STN) <= edge).astype(float)
    needed = (count + 2) / intervals.CHANCE
    breached_ST = np.zeros((streams, YEAR), dtype=bool)
    for place in range(count):
        breached_ST |= _worth(inside_STN[:, :, place]) > needed
    for days in (wild_T, ~wild_T):
        breached_ST[:, days] |= _worth(inside_STN.mean(axis=2)[:, days]) > needed
    return breached_ST


def _worth(share_ST: np.ndarray) -> np.ndarray:
    floor = intervals.LEVEL - intervals.LEFT
    return intervals.bet(floor - share_ST, bound=max(floor, 1 - floor), renew=intervals.RENEWED)


def tell_delay(breached_RT: np.ndarray) -> str:
    """The median day of the first breach, and how many were found."""
    found = np.asarray(breached_RT.any(axis=1))
    days = breached_RT.argmax(axis=1)[found] + 1
    median = f"{np.median(days):.0f}" if found.any() else "-"
    return f"{median} | {found.sum()} of {len(breached_RT)}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--markets", type=int, default=20)
    parser.add_argument("--features", type=int, default=24)
    parser.add_argument("--streams", type=int, default=500)
    asked = parser.parse_args()
    quiet, loud, unit, mixed, twins, strangers = [], [], [], [], [], []
    for seed in range(asked.markets):
        windows, louder = read_market(seed), read_market(seed, louder=2.0)
        chosen = np.random.default_rng(seed).permutation(len(windows.features))[: asked.features].tolist()
        breached = follow_inputs(windows, chosen)
        quiet.append(begins(breached))
        loud.append(follow_inputs(louder, chosen).any(axis=0))
        unit.append(follow_inputs(windows, chosen[:1], times=100.0).any(axis=0))
        levels = read_levels(seed)
        mixed.append(follow_mixups(*levels)[0])
        twins.append(follow_mixups(*swap_twin(*levels), days=20)[1])
        strangers.append(follow_mixups(*swap_stranger(*levels, seed), days=20)[1])
        print(f"market {seed}: {quiet[-1]} alarms, of {len(windows.features)} features", flush=True)
    calm = follow_intervals(asked.streams, louder=1.0, seed=1)
    parts, single, wild = (
        follow_coverage(asked.streams, one=one, wild=wild, seed=seed)
        for seed, (one, wild) in enumerate([(1.0, 1.0), (2.0, 1.0), (1.0, 2.0)], start=3)
    )
    print("\n| a quiet year | alarms a year | years with any |\n|---|--:|--:|")
    print(
        f"| inputs, {asked.features} features | {np.mean(quiet):.2f} | {np.mean(np.array(quiet) > 0):.0%} |"
    )
    for name, one in {"intervals": calm, "coverage": parts, "mixups": np.array(mixed)}.items():
        print(f"| {name} | {begins(one) / len(one):.3f} | {one.any(axis=1).mean():.1%} |")
    print("\n| broken | check | median delay, sessions | found |\n|---|---|--:|--:|")
    print(f"| volatility doubles | inputs | {tell_delay(np.array(loud))} |")
    print(
        f"| volatility doubles | intervals | {tell_delay(follow_intervals(asked.streams, louder=2.0, seed=2))} |"
    )
    print(f"| volatility of one ticker doubles | coverage | {tell_delay(single)} |")
    print(f"| volatility of wild months doubles | coverage | {tell_delay(wild)} |")
    print(f"| one feature's unit, x100 | inputs | {tell_delay(np.array(unit))} |")
    print(f"| a ticker has the bars of another of the universe | mixups | {tell_delay(np.array(twins))} |")
    print(f"| a ticker has the bars of one from outside | mixups | {tell_delay(np.array(strangers))} |")
    print(f"| the feed ends | bars | {bars.BEHIND + 1} | by counting |")
    print(f"| the bars of one ticker end | bars | {bars.STILL + 1} | by counting |")


if __name__ == "__main__":
    main()
