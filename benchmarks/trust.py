"""Is a mean trusted where there is evidence, and only there? The trust of now beside that of before.

Forecasts that know nothing: random walks of one ticker, or of twenty correlated by 0.5, heavy-tailed; a return of
`horizon` sessions per date, so that outcomes overlap; forecasts that drift slowly, or not at all, of a tenth, a third
and the whole size of an outcome. Printed: how often they get a trust above 0.5, over all shapes and in the worst one.
At most 5 % is asked. Planted: forecasts with this IC, of the right size and three times too large, 250 validation
dates; the mean trust, and the expected cut in squared error out of sample as a share of the best that there is.

    python benchmarks/trust.py [--draws 150]
"""

import argparse
import time
from collections.abc import Callable
from itertools import product

import numpy as np
from scipy.signal import lfilter

from ml_core.evaluation.significance import bandwidth, long_run_variance
from ml_core.forecaster.trust import LEAST_TRUST, MOST_TRUST, fit_trust

HORIZONS, DATES, TICKERS = (1, 5, 20, 30, 120, 720), (60, 200, 300, 504), (1, 20)
MEMORIES = (0.9, 0.99, 1.0)  # how much of a forecast stays from one date to the next; 1 stands still
SIZES = (0.1, 1 / 3, 1.0)
TOGETHER, DEGREES = 0.5, 5
PRIOR_BEFORE = 0.5
ICS, VALIDATION, MEMORY, TOO_LARGE = (0.05, 0.1), 250, 0.9, (1, 3)

Trust = Callable[..., float]


def trust_before(mean_R, y_R, ticker_R, session_R, *, horizon: int) -> float:
    """As it was: the variance seen in pulls by date, which sum to zero and miss what the whole span shares."""
    del ticker_R
    power = float(mean_R @ mean_R)
    slope = float(mean_R @ y_R) / power
    pull_T = np.bincount(session_R, mean_R * (y_R - slope * mean_R)).astype(np.float64)
    if slope <= 0:
        return LEAST_TRUST
    lags = bandwidth(len(pull_T), horizon)
    variance = len(pull_T) * long_run_variance(pull_T, lags=lags) / power**2
    return float(np.clip(slope / (1 + variance / PRIOR_BEFORE**2), LEAST_TRUST, MOST_TRUST))


WAYS: dict[str, Trust] = {"before": trust_before, "now": fit_trust}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=150)
    draws, begun = parser.parse_args().draws, time.process_time()
    print("forecasts that know nothing, share with a trust above 0.5: all sizes (the worst), %")
    titles = [f"{way}, {dates}" for dates, way in product(DATES, WAYS)]
    print("tickers horizon" + "".join(f"{title:>14}" for title in titles) + "  dates")
    for tickers, horizon in product(TICKERS, HORIZONS):
        cells = [cell for dates in DATES for cell in skilless(tickers, dates, horizon, draws)]
        print(f"{tickers:7} {horizon:7}" + "".join(f"{cell:>14}" for cell in cells))
    print(f"\nplanted, {VALIDATION} dates: mean trust / share of the possible skill, %")
    print("tickers horizon    IC  too large" + "".join(f"{way:>16}" for way in WAYS))
    for tickers, horizon, ic, large in product(TICKERS, (1, 5), ICS, TOO_LARGE):
        cells = planted(tickers, horizon, ic, large, 2 * draws)
        print(f"{tickers:7} {horizon:7}  {ic:.2f} {large:10}" + "".join(f"{cell:>16}" for cell in cells))
    print(f"({time.process_time() - begun:.0f} CPU s)")


def skilless(tickers: int, dates: int, horizon: int, draws: int) -> list[str]:
    rng = np.random.default_rng((tickers, dates, horizon))
    rows = rows_of(tickers, dates)
    found: dict[str, list[list[bool]]] = {way: [] for way in WAYS}
    for _, memory in product(range(draws), MEMORIES):
        y_R = outcomes(heavy(rng, tickers, dates + horizon), horizon)[:, :dates].ravel()
        mean_R = drifting(rng, tickers, dates, memory).ravel()
        for way, trust in WAYS.items():
            found[way].append([trust(size * mean_R, y_R, *rows, horizon=horizon) > 0.5 for size in SIZES])
    told = [100 * np.mean(one, axis=0) for one in found.values()]
    return [f"{size.mean():.1f} ({size.max():.1f})" for size in told]


def planted(tickers: int, horizon: int, ic: float, too_large: int, draws: int) -> list[str]:
    """A slow signal of which the next return holds as much as makes its IC with `horizon` sessions what is asked."""
    rng = np.random.default_rng((tickers, horizon))
    share = ic * horizon**0.5 / np.sum(MEMORY ** np.arange(horizon))
    rows, trusts = rows_of(tickers, VALIDATION), {way: [] for way in WAYS}
    for _ in range(draws):
        signal_NT = drifting(rng, tickers, VALIDATION + horizon, MEMORY)
        noise_NT = heavy(rng, tickers, VALIDATION + horizon)
        y_NT = outcomes(share * signal_NT + (1 - share**2) ** 0.5 * noise_NT, horizon)
        mean_R = too_large * ic * signal_NT[:, :VALIDATION].ravel()
        for way, trust in WAYS.items():
            trusts[way].append(trust(mean_R, y_NT[:, :VALIDATION].ravel(), *rows, horizon=horizon))
    return [f"{np.mean(one):.2f} / {skill(np.array(one) * too_large):.0f}" for one in trusts.values()]


def skill(taken_R: np.ndarray) -> float:
    """Expected cut of squared error if this much of the best mean is taken: all of it is 100, none is 0."""
    return 100 * float(np.mean(1 - (1 - taken_R) ** 2))


def rows_of(tickers: int, dates: int) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(tickers), dates), np.tile(np.arange(dates), tickers)


def outcomes(return_NT: np.ndarray, horizon: int) -> np.ndarray:
    """The sum of the `horizon` returns that begin at each date, in units of its deviation."""
    return sliding(return_NT, horizon) / horizon**0.5


def sliding(value_NT: np.ndarray, width: int) -> np.ndarray:
    total_NT = np.cumsum(np.pad(value_NT, ((0, 0), (1, 0))), axis=1)
    return total_NT[:, width:] - total_NT[:, :-width]


def heavy(rng: np.random.Generator, tickers: int, sessions: int) -> np.ndarray:
    """Returns of deviation 1 that share half of their variance."""
    own_NT = together(rng.standard_t(DEGREES, (1 + tickers, sessions)))
    return own_NT * ((DEGREES - 2) / DEGREES) ** 0.5


def drifting(rng: np.random.Generator, tickers: int, dates: int, memory: float) -> np.ndarray:
    """Values of deviation 1 of which a date keeps `memory` of the last; tickers share half of the variance."""
    fresh_NT = rng.normal(size=(1 + tickers, dates))
    fresh_NT[:, 1:] *= (1 - memory**2) ** 0.5
    return together(np.asarray(lfilter([1], [1, -memory], fresh_NT, axis=1)))


def together(part_NT: np.ndarray) -> np.ndarray:
    """The first row is what the others share."""
    return TOGETHER**0.5 * part_NT[:1] + (1 - TOGETHER) ** 0.5 * part_NT[1:]


if __name__ == "__main__":
    main()
