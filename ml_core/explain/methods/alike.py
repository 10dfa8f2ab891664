"""The nearest past: earlier windows of any ticker that moved the model most like this one, and what came then.

Two windows are alike to the model if it gives their inputs shares that are alike: not what an input was counts, but
what the model made of it. Only windows whose outcome was known by then are looked at.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from ml_core.explain.attribution import ForecastPart, share_rows
from ml_core.explain.method import Method
from ml_core.explain.subject import Scene, Subject

SHOWN, LOOKED_AT = 5, 200  # of them; of windows spread evenly over what is known
APART = 5  # sessions: of one ticker, windows nearer to each other than that are one
LEAST = 20


@dataclass(frozen=True)
class Likeness:
    """`likeness`: 1 where the shares are the same, 0 where they have nothing to do with each other. `said` and `came`:
    the mean that the model gives that window now, and its outcome, in the target's own terms."""

    ticker: str
    as_of: dt.date
    likeness: float
    said: float
    came: float


@dataclass(frozen=True)
class Alike:
    """The most alike first; `looked_at`: among so many."""

    found: tuple[Likeness, ...]
    looked_at: int


def excuse(subject: Subject) -> str:
    scene = subject.scene
    if not scene.reads_features:
        return "it reads no features: there are no windows to compare"
    known = int(_known(scene, subject.column).sum())
    few = f"{known} earlier windows have a known outcome; expected at least {LEAST}"
    return few if known < LEAST else ""


@dataclass(frozen=True)
class _Past:
    """Windows of the past with what moved the model in each, and what it says of each in units of volatility."""

    places_RP: np.ndarray
    share_RX: np.ndarray
    mean_R: np.ndarray


def explain(subject: Subject, _of: ForecastPart = "level") -> Alike:
    scene, column = subject.scene, subject.column
    past = _past_of(scene, column)
    likeness_R = _likeness(past.share_RX, share_rows(scene, subject.rows_NT, column)[0])
    alike: list[Likeness] = []
    taken: list[tuple[int, int]] = []
    for row in np.argsort(-likeness_R, kind="stable").tolist():
        ticker, session = past.places_RP[row].tolist()
        if any(one == ticker and abs(other - session) < APART for one, other in taken):
            continue
        alike.append(_tell(scene, column, past, row, likeness=float(likeness_R[row])))
        taken.append((ticker, session))
        if len(alike) == SHOWN:
            break
    return Alike(tuple(alike), len(past.places_RP))


def _tell(scene: Scene, column: int, past: _Past, row: int, *, likeness: float) -> Likeness:
    windows, (ticker, session) = scene.windows, past.places_RP[row].tolist()
    unit = float(windows.unit_NTH[ticker, session, column])
    trust = float(scene.forecaster.calibration.trust_H[column])
    said, came = float(past.mean_R[row]), float(windows.y_NTH[ticker, session, column])
    return Likeness(
        windows.tickers[ticker], windows.sessions[session], likeness, trust * said * unit, came * unit
    )


def _past_of(scene: Scene, column: int) -> _Past:
    """Read once for all tickers of a session."""
    key = ("alike", column)
    if key not in scene.remembered:
        rows_NT = _spread(_known(scene, column))
        mean_NTH, _ = scene.forecaster.outputs(scene.windows, rows_NT)
        scene.remembered[key] = _Past(
            np.argwhere(rows_NT), share_rows(scene, rows_NT, column), mean_NTH[rows_NT][:, column]
        )
    return scene.remembered[key]


def _known(scene: Scene, column: int) -> np.ndarray:
    """Rows whose outcome is known by the session that is explained: the panel ends with it."""
    known_NT = scene.usable_NT & np.isfinite(scene.windows.y_NTH[:, :, column])
    known_NT[:, -1] = False
    return known_NT


def _spread(known_NT: np.ndarray) -> np.ndarray:
    """rows_NT: some of them, evenly over dates and tickers."""
    places_RP = np.argwhere(known_NT.T)[:, ::-1]
    chosen = np.unique(np.linspace(0, len(places_RP) - 1, min(LOOKED_AT, len(places_RP))).astype(int))
    rows_NT = np.zeros(known_NT.shape, dtype=bool)
    rows_NT[tuple(places_RP[chosen].T)] = True
    return rows_NT


def _likeness(share_RX: np.ndarray, own_X: np.ndarray) -> np.ndarray:
    """likeness_R: the cosine between shares, less where one of both moves much more than the other."""
    size_R, own = np.linalg.norm(share_RX, axis=1), float(np.linalg.norm(own_X))
    larger_R = np.maximum(size_R, own)
    return np.divide(share_RX @ own_X, larger_R**2, out=np.zeros(len(share_RX)), where=larger_R > 0)


METHOD = Method(
    about="the past windows that moved the model most like this one, and what came",
    excuse=excuse,
    explain=explain,
    level_only=True,
)
