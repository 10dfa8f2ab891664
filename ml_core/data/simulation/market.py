"""Draws a simulated market session by session from a seed, with a signal of known strength in it, to test what
learners find.

A return is market + sector + own shock, times a volatility that clusters (GARCH) and has regimes. What is observed at
a close (f, of unit variance) becomes the signal s' = decay·s + f, brought to unit variance. The own shock z of the
session `delay` later is ic·s + sqrt(1 - ic²)·e, so that corr(s, z) is `ic`; a signal "only in volatility" makes it
e·exp(k·s - k²), with k such that corr(s, |z|) is `ic`. Every draw belongs to a ticker and a session: another universe
or a later end changes no earlier bar.
"""

import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtr

from ml_core.data.calendar import sessions_between
from ml_core.data.simulation.config import Config
from ml_core.data.simulation.signals import ActsOn, SeenAtClose, plant
from ml_core.frames import Array

SECTORS = 8
DRIFT = 0.0002
MARKET, SECTOR, OWN = 0.35, 0.15, 0.50  # shares of the variance
REACT, PERSIST, FARTHEST = 0.08, 0.90, 25.0  # GARCH, and the most a squared move counts in base variances
CALM_TO_WILD, WILD_TO_CALM, WILD = 0.01, 0.04, 1.7
JUMP = 4.0  # deviation of a jump in base volatilities
DAYS_A_SESSION = 1.6


@dataclass(frozen=True)
class SimulatedMarket:
    """What was drawn. `known_KN` is the signal before the first session and after each; `driver_TN` what the closes
    were observed to tell; `variance_TN` that of the next session, in a calm market; `noise_TNK` what makes bars."""

    sessions: list[dt.date]
    return_TN: Array
    shock_TN: Array
    driver_TN: Array
    known_KN: Array
    variance_TN: Array
    base_N: Array
    wild_T: np.ndarray
    noise_TNK: np.ndarray

    @property
    def signal_TN(self) -> Array:
        """Known at each close."""
        return self.known_KN[1:]

    @property
    def next_volatility_TN(self) -> Array:
        """Of the next session, if the regime lasts."""
        return np.sqrt(self.variance_TN) * np.where(self.wild_T, WILD, 1.0)[:, None]


def simulate(
    tickers: tuple[str, ...], sectors: Mapping[str, str], calendar: str, config: Config
) -> SimulatedMarket:
    """Draw the market session by session."""
    sessions = _sessions(calendar, config)
    count, planted = len(sessions), plant(config)
    common_TK = np.random.default_rng([config.seed, 0]).standard_normal((count, 1 + SECTORS))
    regime_T = np.random.default_rng([config.seed, 1]).random(count)
    own_TNK = np.stack([_own_draws(config.seed, ticker, count) for ticker in tickers], axis=1)
    sector_N = _sector_numbers(tickers, sectors)
    base_N = config.volatility * np.array([0.7 + (zlib.crc32(t.encode()) % 61) / 100 for t in tickers])
    driver_N = own_TNK[0, :, 1].copy() if planted.lasts else np.zeros(len(tickers))
    decayed_N, reach = driver_N, signal_reach(config.decay, planted.lasts)
    variance_N, wild = base_N**2, False
    return_TN, shock_TN, driver_TN, variance_TN = (np.empty((count, len(tickers))) for _ in range(4))
    known_KN, wild_T = np.empty((count + 1, len(tickers))), np.empty(count, dtype=bool)
    known_KN[0] = reach * decayed_N
    for step in range(count):
        wild = regime_T[step] < (1 - WILD_TO_CALM if wild else CALM_TO_WILD)
        volatility_N, innovation_N = np.sqrt(variance_N), own_TNK[step, :, 0]
        due = step + 1 - config.delay
        shock_N = (
            innovation_N if due < 0 else shock_of(planted.acts_on, known_KN[due], innovation_N, config.ic)
        )
        market, sector_N_now = common_TK[step, 0], common_TK[step, 1:][sector_N]
        mixed_N = np.sqrt(MARKET) * market + np.sqrt(SECTOR) * sector_N_now + np.sqrt(OWN) * shock_N
        return_TN[step] = DRIFT + volatility_N * (WILD if wild else 1.0) * mixed_N
        gap_N, volume_N = own_TNK[step, :, 1], own_TNK[step, :, 4]
        seen = SeenAtClose(innovation_N, gap_N, volume_N, market, wild, driver_N, planted.lasts)
        driver_N = planted.observe(seen)
        decayed_N = config.decay * decayed_N + driver_N
        moved_N = np.minimum((volatility_N * mixed_N) ** 2, FARTHEST * base_N**2)
        variance_N = (1 - REACT - PERSIST) * base_N**2 + REACT * moved_N + PERSIST * variance_N
        shock_TN[step], driver_TN[step], known_KN[step + 1] = shock_N, driver_N, reach * decayed_N
        variance_TN[step], wild_T[step] = variance_N, wild
    if config.jumps:
        return_TN += np.stack([_jumps(config, ticker, count) for ticker in tickers], axis=1) * base_N
    noise_TNK = own_TNK[:, :, 1:]
    return SimulatedMarket(
        sessions, return_TN, shock_TN, driver_TN, known_KN, variance_TN, base_N, wild_T, noise_TNK
    )


def shock_of(acts_on: ActsOn, signal_N: Array, innovation_N: Array, ic: float) -> Array:
    """The own shock that a signal and what is new make; its variance is one."""
    if acts_on == "nothing":
        return innovation_N
    if acts_on == "size":
        slope = size_slope(ic)
        return innovation_N * np.exp(slope * signal_N - slope**2)
    return ic * signal_N + np.sqrt(1 - ic**2) * innovation_N


def signal_reach(decay: float, lasts: float) -> float:
    """What brings a sum of observations, each `decay` of the one before, to unit variance: white ones, or such that
    keep the share `lasts` from session to session."""
    return float(np.sqrt((1 - decay**2) * (1 - decay * lasts) / (1 + decay * lasts)))


@cache
def size_slope(ic: float) -> float:
    """k for which a standard normal s and |e|·exp(k·s - k²) have this correlation; what cannot be is the most there is.

    With c = sqrt(2 / pi) = E|e|: cov = c·k·exp(-k² / 2), and the variance of the size is 1 - c²·exp(-k²).
    """
    mean = np.sqrt(2 / np.pi)
    slopes = np.linspace(0.0, 1.0, 100_001)
    correlations = mean * slopes * np.exp(-(slopes**2) / 2) / np.sqrt(1 - mean**2 * np.exp(-(slopes**2)))
    return float(np.interp(ic, *np.stack([correlations, slopes])[:, : np.argmax(correlations) + 1]))


def listed_between(ticker: str, sessions: int, config: Config) -> tuple[int, int]:
    """(first session, first session after the last) at which the ticker trades; the draw is its own."""
    chance = np.random.default_rng([config.seed, 3, zlib.crc32(ticker.encode())]).random(4)
    first = int(sessions * (0.05 + 0.45 * chance[1])) if chance[0] < config.late else 0
    last = int(sessions * (0.55 + 0.40 * chance[3])) if chance[2] < config.delisted else sessions
    return first, max(last, first + 1)


def _sector_numbers(tickers: tuple[str, ...], sectors: Mapping[str, str]) -> np.ndarray:
    names = sorted(set(sectors.values()))
    return np.array(
        [
            names.index(sectors[t]) % SECTORS if t in sectors else zlib.crc32(t.encode()) % SECTORS
            for t in tickers
        ]
    )


def _sessions(calendar: str, config: Config) -> list[dt.date]:
    last = config.start + dt.timedelta(days=int(config.sessions * DAYS_A_SESSION) + 10)
    return sessions_between(calendar, config.start, last)[: config.sessions]


def _own_draws(seed: int, ticker: str, count: int) -> np.ndarray:
    return np.random.default_rng([seed, 2, zlib.crc32(ticker.encode())]).standard_normal((count, 5))


def _jumps(config: Config, ticker: str, count: int) -> np.ndarray:
    """In base volatilities; zero on most sessions."""
    rng = np.random.default_rng([config.seed, 4, zlib.crc32(ticker.encode())])
    chance_T, size_T = rng.standard_normal((count, 2)).T
    return np.where(ndtr(chance_T) < config.jumps, JUMP * size_T, 0.0)
