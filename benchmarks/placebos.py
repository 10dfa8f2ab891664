"""How often is a claim proven where there is none? Forecasts without skill on real returns, judged as a holdout is.

The forecasts are shaped like ours: they persist (half-lives of 1, 7 and 23 sessions, a third each), go together across
tickers, and answer 1, 5 and 20 sessions ahead; the returns are those of every ticker in a folder of Parquet files
(date, ticker, close, adj_close), over spans as long as a holdout. All are drawn so that nobody is better: the test
stands at the edge of its null.

  level, tiny     squared error against zero's, of a mean shrunk to a thousandth of the outcome's deviation
  level, alike    against another skilless mean of the same size, a tenth
  range, alike    CRPS of a scale that errs by a tenth either way, against one that errs the other way
  money, luck     Sharpe of overlapping holdings, held for the horizon, against none
  money, alike    against that of another's holdings, at the same volatility
  order, none     rank IC of ten tickers against zero (and `alike`: against another skilless order)

First each test by itself, ticker by ticker and in groups of ten; then all questions of a candidate together, paid for.

    python benchmarks/placebos.py --files FOLDER [--sessions 252] [--forecasts 20000] [--groups 20] [--tickers LUV AAPL]

Of a few tickers alone many more forecasts can be asked, over more spans; then there are no groups.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from placebo_forecasts import HORIZONS, Array, Span, difference_of_scales, draw, read_returns, span_of
from placebo_groups import BATCH, LEVEL, TINY, report_groups
from scipy import stats

from ml_core.evaluation.paired import cosines, count_cosines

CHUNK, ALIKE = 40, 0.1
NEAR, FEW = 6.2, 20  # percent: who passes so many is named, unless it is everybody


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--sessions", type=int, default=252)
    parser.add_argument("--forecasts", type=int, default=20_000)
    parser.add_argument("--groups", type=int, default=20)
    parser.add_argument("--tickers", nargs="+")
    asked = parser.parse_args()
    returns = read_returns(asked.files, least=2 * asked.sessions + 100)
    if asked.tickers:
        returns = {name: one for name, one in returns.items() if name.partition(":")[2] in asked.tickers}
    print(f"{len(returns)} series, {asked.sessions} sessions, {asked.forecasts} forecasts each")
    began = time.process_time()
    report_tickers(returns, sessions=asked.sessions, forecasts=asked.forecasts)
    print(flush=True)
    if not asked.tickers:
        report_groups(returns, sessions=asked.sessions, forecasts=asked.forecasts, most=asked.groups)
    print(f"({time.process_time() - began:.0f} CPU s)")


def report_tickers(returns: dict[str, Array], *, sessions: int, forecasts: int) -> None:
    """A test needs the mean of a series and its cosines only, which are products of forecasts and outcomes."""
    rng, names = np.random.default_rng(0), sorted(returns)
    passed: dict[str, dict[int, Array]] = {}
    batches = max(1, forecasts // (2 * BATCH))  # they come in pairs
    for number in range(batches):
        place = (number + 0.5) / batches
        one_RT, other_RT = (draw(rng, BATCH, sessions)[:, :, 0] for _ in range(2))
        for horizon in HORIZONS:
            for first in range(0, len(names), CHUNK):
                spans = [
                    span_of(returns[name], horizon, sessions, place) for name in names[first : first + CHUNK]
                ]
                for test, share_N in test_chunk(one_RT, other_RT, spans, horizon):
                    table = passed.setdefault(test, {h: np.zeros(len(names)) for h in HORIZONS})
                    table[horizon][first : first + len(spans)] += share_N / batches
    print(
        "| test | pooled | 1 | 5 | 20 | highest of a ticker | tickers above 6.5 % |\n|---|---|---|---|---|---|---|"
    )
    above: dict[str, list[str]] = {}
    for test, table in passed.items():
        share_NH = 100 * np.stack([table[h] for h in HORIZONS], axis=1)
        by_ticker_N = share_NH.mean(axis=1)
        ahead = " | ".join(f"{share:.1f}" for share in share_NH.mean(axis=0))
        worst = f"{names[int(by_ticker_N.argmax())].split(':')[1]} {by_ticker_N.max():.1f}"
        print(f"| {test} | {by_ticker_N.mean():.1f} | {ahead} | {worst} | {(by_ticker_N > 6.5).sum()} |")
        high = [names[place].partition(":")[2] for place in np.flatnonzero(by_ticker_N > NEAR)]
        above[test] = high
    print(
        "\n".join(
            f"above {NEAR} %: {test}: {' '.join(high)}"
            for test, high in above.items()
            if 0 < len(high) <= FEW
        )
    )


def test_chunk(
    one_RT: Array, other_RT: Array, spans: list[Span], horizon: int
) -> Iterator[tuple[str, Array]]:
    """The share of the forecasts that pass each test, by ticker."""
    y_NT = np.stack([span.y_T for span in spans])
    basis = Basis(one_RT.shape[1], horizon, persistent=False)
    size_N1 = y_NT.std(axis=1)[:, None, None]
    one, other = (basis.project(part_RT, y_NT) for part_RT in (one_RT, other_RT))
    own, others = (basis.project(part_RT**2, np.ones((1, y_NT.shape[1]))) for part_RT in (one_RT, other_RT))
    tiny = [2 * part - TINY * size_N1 * square for part, square in ((one, own), (other, others))]
    yield "level, tiny", np.mean([basis.pass_share(part) for part in tiny], axis=0)
    yield "level, alike", basis.pass_share(2 * (one - other) - ALIKE * size_N1 * (own - others))
    scales = Basis(one_RT.shape[1], horizon, persistent=True)
    wider_NT = np.stack([difference_of_scales(span) for span in spans])
    yield "range, alike", scales.pass_share(scales.project(np.sign(one_RT), wider_NT))
    one2, other2 = (basis.project(part_RT**2, y_NT**2) for part_RT in (one_RT, other_RT))
    lucky = [influence_projected(*part, np.zeros(1)) for part in ((one, one2), (other, other2))]
    yield "money, luck", np.mean([basis.pass_share(part) for part in lucky], axis=0)
    at = (sharpe_projected(one, one2) + sharpe_projected(other, other2)) / 2
    gap = influence_projected(one, one2, at) - influence_projected(other, other2, at)
    yield "money, alike", basis.pass_share(gap)
    found = influence_projected(one, one2, sharpe_projected(one, one2))
    yield "money, luck, scattered at the ratio found", basis.pass_share(found)
    yield "money, luck, published PSR", published(one, one2, one_RT, y_NT)


def published(one: Array, one2: Array, one_RT: Array, y_NT: Array) -> Array:
    """Bailey and López de Prado's, from the same moments: the share of ratios that it calls surely above zero."""
    square_RT, square_NT = one_RT * one_RT, y_NT * y_NT
    third = (square_RT * one_RT) @ (square_NT * y_NT).T / len(y_NT[0])
    fourth = (square_RT * square_RT) @ (square_NT * square_NT).T / len(y_NT[0])
    mean, power = one[:, :, 0].T, one2[:, :, 0].T
    variance = power - mean**2
    skew = (third - 3 * mean * power + 2 * mean**3) / variance**1.5
    tails = (fourth - 4 * mean * third + 6 * mean**2 * power - 3 * mean**4) / variance**2
    ratio = mean / np.sqrt(variance)
    spread = np.sqrt(np.maximum(1 - skew * ratio + (tails - 1) / 4 * ratio**2, 1e-12))
    return np.mean(ratio * np.sqrt(len(y_NT[0]) - 1) / spread > stats.norm.ppf(1 - LEVEL), axis=0)


class Basis:
    """What `weigh_means` makes of a series, for products of many forecasts with many outcomes at once."""

    def __init__(self, sessions: int, horizon: int, *, persistent: bool) -> None:
        self.freedom = count_cosines(sessions, horizon, persistent=persistent)
        self.sessions = sessions
        self.parts_TK = np.column_stack([np.full(sessions, 1 / sessions), cosines(sessions, self.freedom)])

    def project(self, forecast_RT: Array, outcome_NT: Array) -> Array:
        """(N, R, 1 + K): the mean of each product, then its cosines."""
        spread = (outcome_NT[:, :, None] * self.parts_TK).transpose(1, 0, 2).reshape(self.sessions, -1)
        shape = (len(forecast_RT), len(outcome_NT), self.parts_TK.shape[1])
        return (forecast_RT @ spread).reshape(shape).transpose(1, 0, 2)

    def pass_share(self, projected: Array) -> Array:
        error = np.sqrt(np.mean(projected[:, :, 1:] ** 2, axis=2) / self.sessions)
        return np.mean(projected[:, :, 0] > stats.t.ppf(1 - LEVEL, self.freedom) * error, axis=1)


def sharpe_projected(first: Array, second: Array) -> Array:
    mean = first[:, :, :1]
    return mean / np.sqrt(second[:, :, :1] - mean**2)


def influence_projected(first: Array, second: Array, at: Array) -> Array:
    """The influence on a Sharpe, out of the projected returns and their squares."""
    mean, waves = first[:, :, :1], first[:, :, 1:]
    variance = second[:, :, :1] - mean**2
    bent = at / 2 * (second[:, :, 1:] - 2 * mean * waves) / variance
    return np.concatenate([sharpe_projected(first, second), waves / np.sqrt(variance) - bent], axis=2)


if __name__ == "__main__":
    main()
