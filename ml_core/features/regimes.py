"""Fits two states of the market, calm and turbulent, on its returns, and tells what is known of them on each day.

Markov switching (Hamilton 1989): each state has its own mean and deviation, and a chance to last. The parameters come
from training dates by expectation-maximisation. What is said of a day is filtered, never smoothed: it depends on that
day's return and those of the year before it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ml_core.errors import NotEnoughData
from ml_core.features.declaration import Feature
from ml_core.spec.experiment import FrozenSection

LEAST_SESSIONS = 30
ROUNDS = 200
SETTLED = 1e-7  # of log-likelihood a session
WEEK = 5
YEAR = 250  # sessions that the filter looks back, and the longest age: a history that always suffices


class State(FrozenSection):
    """A regime: how its returns are spread, and the chance that it lasts another session."""

    mean: float
    deviation: float
    stay: float


class Regimes(FrozenSection):
    """Fitted on training dates; `turbulent` is the state of the larger deviation."""

    calm: State
    turbulent: State

    @property
    def usual(self) -> float:
        """The chance of turbulence on a day of which nothing is known."""
        leave, enter = 1 - self.turbulent.stay, 1 - self.calm.stay
        return enter / (leave + enter)


def fit_regimes(return_T: np.ndarray) -> Regimes:
    """Expectation-maximisation from a start that calls the widest fifth of the returns turbulent."""
    known = return_T[np.isfinite(return_T)].astype(np.float64)
    if len(known) < LEAST_SESSIONS:
        raise NotEnoughData(
            f"{len(known)} training sessions are too few for market regimes; expected at least {LEAST_SESSIONS}"
        )
    floor = 0.05 * float(known.std()) + 1e-9
    regimes, before = _start(known, floor), -math.inf
    for _ in range(ROUNDS):
        ahead, after, likelihood = _run(regimes, known)
        if likelihood - before < SETTLED * len(known):
            break
        regimes, before = _improve(regimes, known, np.array(ahead), np.array(after), floor), likelihood
    return regimes


@dataclass(frozen=True)
class Filtered:
    """P(turbulent) before and after each return, and how dense the returns of either state are there: 1 where a session
    has none."""

    regimes: Regimes
    known_T: np.ndarray
    loud_T: np.ndarray
    quiet_T: np.ndarray
    before_T: np.ndarray
    after_T: np.ndarray


def filter_turbulence(regimes: Regimes, return_T: np.ndarray) -> np.ndarray:
    """P(turbulent) after each session's return; a session without one changes only by the chances to stay."""
    return _filter_year(regimes, return_T).after_T


def _turbulence(filtered: Filtered) -> np.ndarray:
    return filtered.after_T


def _surprise(filtered: Filtered) -> np.ndarray:
    """How unlikely each return was, given those before it: minus its log density, less that of a usual day."""
    before_T = filtered.before_T
    density = (1 - before_T) * filtered.quiet_T + before_T * filtered.loud_T
    usual = math.log(filtered.regimes.calm.deviation) + 0.5 * math.log(2 * math.pi) + 0.5
    return np.where(filtered.known_T, -np.log(np.maximum(density, 1e-30)) - usual, 0.0)


def _filter_year(regimes: Regimes, return_T: np.ndarray) -> Filtered:
    """From the year before each return alone: every session's filter starts anew, and all of them take their steps
    together."""
    known_T = np.isfinite(return_T)
    loud_T = np.where(known_T, _density(regimes.turbulent, return_T), 1.0)
    quiet_T = np.where(known_T, _density(regimes.calm, return_T), 1.0)
    ahead_T = np.full(len(return_T), regimes.usual)
    for back in range(min(YEAR, len(return_T) - 1), 0, -1):
        chance_T = _weigh(ahead_T[back:], loud_T[:-back], quiet_T[:-back])
        ahead_T[back:] = chance_T * regimes.turbulent.stay + (1 - chance_T) * (1 - regimes.calm.stay)
    return Filtered(regimes, known_T, loud_T, quiet_T, ahead_T, _weigh(ahead_T, loud_T, quiet_T))


def _weigh(ahead: np.ndarray, loud: np.ndarray, quiet: np.ndarray) -> np.ndarray:
    """P(turbulent) after returns of these densities; one beyond both states is of no calm day."""
    total = ahead * loud + (1 - ahead) * quiet
    return np.divide(ahead * loud, total, out=np.ones_like(total), where=total > 0)


def _turbulence_age(filtered: Filtered) -> np.ndarray:
    """Log of the sessions since the likelier state last changed, at most a year; below zero in calm times."""
    age, turbulent, told = 0, False, []
    for probability in filtered.after_T:
        age = min(age + 1, YEAR) if (probability > 0.5) == turbulent else 1
        turbulent = bool(probability > 0.5)
        told.append(math.log1p(age) * (1 if turbulent else -1))
    return np.array(told)


def _turbulence_change(filtered: Filtered) -> np.ndarray:
    turbulence_T, usual = filtered.after_T, filtered.regimes.usual
    earlier_T = np.concatenate([np.full(min(WEEK, len(turbulence_T)), usual), turbulence_T[:-WEEK]])
    return turbulence_T - earlier_T[: len(turbulence_T)]


SOURCE = "regime_return"
REGIME_FEATURES: dict[str, Callable[[Filtered], np.ndarray]] = {
    "regime_turbulence": _turbulence,
    "regime_turbulence_change_5": _turbulence_change,
    "regime_age": _turbulence_age,
    "regime_surprise": _surprise,
}


# The sessions before its own that each looks at, and what it is.
ABOUT = {
    "regime_turbulence": (
        YEAR,
        "Probability that the market is in its turbulent state, by the returns of a year.",
    ),
    "regime_turbulence_change_5": (
        YEAR + WEEK,
        "How that probability moved over five sessions of the market.",
    ),
    "regime_age": (
        2 * YEAR,
        "Log of one more than the sessions that the likelier state has lasted, at most 250; negative in calm times.",
    ),
    "regime_surprise": (YEAR, "How unlikely the market's return was, given those of the year before it."),
}


def regime_columns(regimes: Regimes, return_T: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
    """values_T of each named feature, the same for every ticker."""
    filtered = _filter_year(regimes, return_T)
    return {name: REGIME_FEATURES[name](filtered).astype(np.float32) for name in names}


def regime_features() -> list[Feature]:
    """As the catalogue lists them: they need the market's return, and parameters that a fit learns."""
    return [
        Feature(name, history, (SOURCE,), "regime", lambda: pl.col(SOURCE), about)
        for name, (history, about) in ABOUT.items()
    ]


def _start(known: np.ndarray, floor: float) -> Regimes:
    by_width = known[np.argsort(np.abs(known - np.median(known)), kind="stable")]
    calm, turbulent = np.split(by_width, [len(known) - len(known) // 5])
    return Regimes(
        calm=State(mean=float(calm.mean()), deviation=max(float(calm.std()), floor), stay=0.98),
        turbulent=State(
            mean=float(turbulent.mean()), deviation=max(float(turbulent.std()), floor), stay=0.94
        ),
    )


def _run(regimes: Regimes, return_T: Sequence[float] | np.ndarray) -> tuple[list[float], list[float], float]:
    """P(turbulent) before and after each return, and the log-likelihood. Plain floats, one session after another:
    a value's bits then depend on nothing that comes later, not even on the length of the series."""
    calm, turbulent = regimes.calm, regimes.turbulent
    ahead, after, likelihood, expected = [], [], 0.0, regimes.usual
    for value in map(float, return_T):
        ahead.append(expected)
        if math.isfinite(value):
            loud = expected * _likely(turbulent, value)
            total = loud + (1 - expected) * _likely(calm, value)
            likelihood += math.log(total) if total > 0 else -700.0
            chance = loud / total if total > 0 else 1.0  # beyond both states: no calm day
        else:
            chance = expected
        after.append(chance)
        expected = chance * turbulent.stay + (1 - chance) * (1 - calm.stay)
    return ahead, after, likelihood


def _likely(state: State, value: float) -> float:
    distance = (value - state.mean) / state.deviation
    return math.exp(-0.5 * distance * distance) / (state.deviation * math.sqrt(2 * math.pi))


def _density(state: State, return_T: np.ndarray) -> np.ndarray:
    return np.array([_likely(state, float(value)) for value in return_T])


def _improve(
    regimes: Regimes, known: np.ndarray, ahead: np.ndarray, after: np.ndarray, floor: float
) -> Regimes:
    """One step of expectation-maximisation: smooth over the training dates, then fit each state to its share."""
    smooth, stays, leaves = after.copy(), 0.0, 0.0
    enters, rests = 0.0, 0.0
    for day in range(len(known) - 2, -1, -1):
        loud = smooth[day + 1] / ahead[day + 1]
        quiet = (1 - smooth[day + 1]) / (1 - ahead[day + 1])
        stay = after[day] * regimes.turbulent.stay * loud
        leave = after[day] * (1 - regimes.turbulent.stay) * quiet
        enter = (1 - after[day]) * (1 - regimes.calm.stay) * loud
        rest = (1 - after[day]) * regimes.calm.stay * quiet
        smooth[day] = stay + leave
        stays, leaves, enters, rests = stays + stay, leaves + leave, enters + enter, rests + rest
    first = _fit_state(known, 1 - smooth, rests / max(rests + enters, 1e-12), floor)
    second = _fit_state(known, smooth, stays / max(stays + leaves, 1e-12), floor)
    calm, turbulent = sorted((first, second), key=lambda state: state.deviation)
    return Regimes(calm=calm, turbulent=turbulent)


def _fit_state(known: np.ndarray, share: np.ndarray, stay: float, floor: float) -> State:
    total = max(float(share.sum()), 1e-12)
    mean = float((share * known).sum() / total)
    deviation = math.sqrt(float((share * (known - mean) ** 2).sum() / total))
    return State(mean=mean, deviation=max(deviation, floor), stay=min(max(stay, 0.5), 0.9995))
