"""Whether what a model hangs on is found where it is known, and what that costs: two tables of docs/explain.md.

    python benchmarks/surveys.py [--families lstm,ridge] [--sessions 1000] [--tickers 16]

Two markets. In one a night's gap moves the price the session after; in the other the gap times the unusual volume does.
Of each family: by how much its squared error rises without the planted inputs and, at most, without any other, each
with the interval that holds it; then the H of the planted pair, a gap and a volume, and the largest of all other pairs.
The clock is this process's CPU time.
"""

import argparse
import time

from ml_core.explain.stretch import Stretch
from ml_core.explain.surveys import dependence, importance
from tests.explain.planted import learn as learn_planted

GAP, VOLUME = ("overnight", "gap_shock"), ("volume_shock", "volume_surprise_20")
OTHERS = ("kurtosis_60", "volatility_20", "skew_20", "volume_volatility_20")
FEATURES = (*GAP, *VOLUME, *OTHERS)
MARKETS = {"linear": GAP, "nonlinear": (*GAP, *VOLUME)}
LOOKBACK = 12


def learn(family: str, signal: str, *, sessions: int, tickers: int) -> Stretch:
    return learn_planted(
        family,
        signal,
        FEATURES,
        sessions=sessions,
        tickers=tuple(f"T{number:03d}" for number in range(tickers)),
        lookback=LOOKBACK,
        epochs=16,
        patience=4,
    )


def tell_importance(stretch: Stretch, planted: tuple[str, ...]) -> str:
    began = time.process_time()
    found = importance.explain(stretch, 1, 0)
    spent = time.process_time() - began
    together = found.claims["level"].of_kind("together")
    ours = [one for one in together if set(one.names) & set(planted)]
    others = [one for one in together if not set(one.names) & set(planted)]
    first = min(together.index(one) for one in others) >= len(ours)
    told = ", ".join(f"{one.rise:+.2%} [{one.low:+.2%}, {one.high:+.2%}]" for one in ours)
    most = others[0]
    return (
        f"{told} | {most.rise:+.2%} [{most.low:+.2%}, {most.high:+.2%}] | {'yes' if first else 'no'} | "
        f"{sum(one.low > 0 for one in others)} of {len(others)} | {spent:.1f}"
    )


def tell_pairs(stretch: Stretch) -> str:
    began = time.process_time()
    found = dependence.explain(stretch, 1, 0)
    spent = time.process_time() - began
    pairs = [(pair, {*pair.names} & {*GAP} and {*pair.names} & {*VOLUME}) for pair in found.level.pairs]
    ours = [pair for pair, planted in pairs if planted]
    others = [pair for pair, planted in pairs if not planted]
    if not ours or not others:
        return f"- | - | {spent:.1f}"
    return f"{tell_pair(ours[0])} | {tell_pair(others[0])} | {spent:.1f}"


def tell_pair(pair: dependence.Pair) -> str:
    return f"{pair.h:.2f}, {pair.beyond:.3%} ({' x '.join(pair.names)})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--families", default="lstm,transformer,ridge,hist_gradient_boosting")
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--tickers", type=int, default=16)
    asked = parser.parse_args()
    for family in asked.families.split(","):
        for market, planted in MARKETS.items():
            stretch = learn(family, market, sessions=asked.sessions, tickers=asked.tickers)
            rows = int(stretch.asked_NT.sum())
            print(f"| {market} | {family} | {rows} | {tell_importance(stretch, planted)} |", flush=True)
            print(f"| {market} | {family} | pairs | {tell_pairs(stretch)} |", flush=True)


if __name__ == "__main__":
    main()
