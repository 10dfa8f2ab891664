"""Inputs: whether what a model reads now is what it learned from.

Of each feature the distribution of the last sessions is laid beside that of its training dates: the largest distance of
the two (Kolmogorov's). How far such a stretch usually is from the others is told by stretches of the training dates
themselves, so that a feature which wanders may wander: by Student's t of the logarithm, which is skewed less. All
features together may raise one false alarm a year.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import t

from ml_core.features.spoken import speak
from ml_core.monitoring.finding import Finding
from ml_core.monitoring.scene import WatchScene
from ml_core.panel.windows import Windows
from ml_core.registry.seats import REFERENCE, seat_of
from ml_core.registry.versions import Registry

STRETCH = 20  # sessions that are looked at together
LOOKS = 50  # a year, of which none knows what another does: neighbours share most of their sessions
ALARMS = 0.5  # a year, on paper, of all features; what comes of it on quiet markets is measured (docs/monitoring.md)
LEAST_STRETCHES = 6
FLOOR = 0.25  # a distance that is no news, of a feature that hardly ever moves
CEILING = 0.9  # of one that has little to be compared with: beyond it the two share next to nothing
LEAST = 1e-3  # a distance of nothing has no logarithm
NAMED = 3


def look(scene: WatchScene) -> list[Finding]:
    """One finding for each feature that is served. A reference reads nothing but how much prices move."""
    sitting = scene.sitting
    if sitting is None or seat_of(sitting) == REFERENCE:
        return []
    windows = Registry(scene.order.home).load(sitting).read(scene.prices)
    trained = sitting.evidence.trained
    learned_T = np.array([trained.start <= day <= trained.end for day in windows.sessions])
    return compare(windows, learned_T)


def compare(windows: Windows, learned_T: np.ndarray) -> list[Finding]:
    """The last stretch beside the sessions that were learned from."""
    rows_NT = windows.present_NT & windows.member_NT
    places = np.flatnonzero(learned_T)
    stretches = [places[end - STRETCH : end] for end in range(len(places), STRETCH - 1, -STRETCH)]
    newest = np.arange(len(learned_T))[-STRETCH:]
    if len(stretches) < LEAST_STRETCHES or np.isin(newest, places).any():
        return []
    chance = ALARMS / LOOKS / len(windows.features)
    return [
        _judge(name, windows, windows.x_NTF[:, :, place], rows_NT, places, stretches, newest, chance)
        for place, name in enumerate(windows.features)
    ]


def _judge(
    name: str,
    windows: Windows,
    value_NT: np.ndarray,
    rows_NT: np.ndarray,
    places: np.ndarray,
    stretches: list[np.ndarray],
    newest: np.ndarray,
    chance: float,
) -> Finding:
    usual = measure_usual(value_NT, rows_NT, places, stretches)
    whole = np.sort(value_NT[:, places][rows_NT[:, places]])
    now = distance(whole, value_NT[:, newest][rows_NT[:, newest]])
    allowed = min(max(FLOOR, reach(usual, chance)), CEILING)
    told = f"{speak(name)}: the last {STRETCH} sessions are {now:.2f} from training, usual is {np.mean(usual):.2f}"
    if now > allowed:
        own = {
            ticker: distance(whole, value_NT[place, newest][rows_NT[place, newest]])
            for place, ticker in enumerate(windows.tickers)
        }
        furthest = sorted(own, key=lambda ticker: own[ticker], reverse=True)[:NAMED]
        told += f"; most of all {', '.join(furthest)}"
    return Finding(name, now, allowed, told, "refit")


def measure_usual(
    value_NT: np.ndarray, rows_NT: np.ndarray, places: np.ndarray, stretches: list[np.ndarray]
) -> list[float]:
    """How far each stretch is from all the others."""
    distances = []
    for one in stretches:
        rest = np.setdiff1d(places, one)
        others = np.sort(value_NT[:, rest][rows_NT[:, rest]])
        distances.append(distance(others, value_NT[:, one][rows_NT[:, one]]))
    return distances


def distance(whole: np.ndarray, values: np.ndarray) -> float:
    """The largest gap between the two distributions, `whole` sorted; 0 where there is nothing to compare."""
    if not len(values) or not len(whole):
        return 0.0
    values = np.sort(values)
    points = np.concatenate([whole, values])
    ours = np.searchsorted(values, points, side="right") / len(values)
    theirs = np.searchsorted(whole, points, side="right") / len(whole)
    return float(np.abs(ours - theirs).max())


def reach(usual: list[float], chance: float) -> float:
    """What one more stretch stays within but for that chance."""
    told, count = np.log(np.maximum(usual, LEAST)), len(usual)
    spread = float(np.std(told, ddof=1)) * math.sqrt(1 + 1 / count)
    return math.exp(float(np.mean(told)) + float(t.isf(chance, count - 1)) * spread)
