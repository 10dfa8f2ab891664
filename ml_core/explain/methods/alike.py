"""The nearest past: earlier windows of any ticker that moved the model most like this one, and what came then.

Two windows are alike to the model if it gives their inputs shares that are alike: not what an input was counts, but
what the model made of it. Only windows whose outcome was known by then are looked at. All of them are laid beside this
one at the places where it was moved most: how far their inputs lie from its own there, each place counting as much as
it moves the forecast per step. Of the nearest the shares themselves are compared.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from ml_core.explain.attribution import ForecastPart, JoinedShares, share_own, share_rows
from ml_core.explain.method import Method
from ml_core.explain.subject import Scene, Subject

SHOWN, COMPARED = 5, 8  # of them; of windows whose shares are compared
PLACES = 48  # inputs at lags by which the nearest are found
STEP = 0.2  # of a deviation: an input nearer to its average counts as if it were so far
FARTHEST = 1e4  # deviations: what half precision can hold
APART = 5  # sessions: of one ticker, windows nearer to each other than that are one
LEAST = 20  # windows
ALIKE = 0.7  # what is less alike is not shown


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
    """The most alike first, none below `least`. `looked_at`: how many windows were; `compared`: of how many of them,
    the nearest, the shares were; `best`: the highest likeness that was found."""

    found: tuple[Likeness, ...]
    looked_at: int
    compared: int
    least: float
    best: float


def excuse(subject: Subject) -> str:
    scene = subject.scene
    if not scene.reads_features:
        return "it reads no features: there are no windows to compare"
    known = int(_known(scene, subject.column).sum())
    few = f"{known} earlier windows have a known outcome; expected at least {LEAST}"
    return few if known < LEAST else ""


@dataclass(frozen=True)
class _Past:
    """All windows of the past, and z_NTF of the inputs by name: how many deviations from their average, in half
    precision: they only say what is near, and the panel is large."""

    places_RP: np.ndarray
    names: tuple[str, ...]
    z_NTF: np.ndarray


def explain(subject: Subject, _of: ForecastPart = "level") -> Alike:
    scene, column = subject.scene, subject.column
    past, own = _past_of(scene, column), share_own(subject)
    nearest_NT = _nearest(past, own, subject)
    shared = share_rows(scene, nearest_NT, column)
    likeness_R = _likeness(shared.share_RLF.reshape(len(shared.value_R), -1), own.share_RLF.reshape(-1))
    places_RP = np.argwhere(nearest_NT)
    alike = [
        _tell(scene, column, places_RP[row], said=float(shared.value_R[row]), likeness=float(likeness_R[row]))
        for row in np.argsort(-likeness_R, kind="stable")[:SHOWN].tolist()
        if likeness_R[row] >= ALIKE
    ]
    return Alike(tuple(alike), len(past.places_RP), len(places_RP), ALIKE, float(likeness_R.max()))


def _tell(scene: Scene, column: int, place_P: np.ndarray, *, said: float, likeness: float) -> Likeness:
    windows, (ticker, session) = scene.windows, place_P.tolist()
    unit = float(windows.unit_NTH[ticker, session, column])
    trust = float(scene.forecaster.calibration.trust_H[column])
    came = float(windows.y_NTH[ticker, session, column])
    return Likeness(
        windows.tickers[ticker], windows.sessions[session], likeness, trust * said * unit, came * unit
    )


def _past_of(scene: Scene, column: int) -> _Past:
    """Read once for all tickers of a session."""
    key = ("alike", column)
    if key not in scene.remembered:
        known_NT = _known(scene, column)
        names = tuple(dict.fromkeys(name for view in scene.views for name in view.features))
        z_FNT = [_standing(_values(scene, name), known_NT) for name in names]
        scene.remembered[key] = _Past(np.argwhere(known_NT), names, np.stack(z_FNT, axis=-1))
    return scene.remembered[key]


def _values(scene: Scene, name: str) -> np.ndarray:
    """value_NT of an input, as the first that reads it has it."""
    view = next(one for one in scene.views if name in one.features)
    return view.windows.x_NTF[:, :, view.windows.features.index(name)]


def _standing(value_NT: np.ndarray, known_NT: np.ndarray) -> np.ndarray:
    """z_NT: how many deviations from its average; what is missing is average."""
    known_R = value_NT[known_NT & np.isfinite(value_NT)]
    if not len(known_R) or not known_R.std():
        return np.zeros(value_NT.shape, dtype=np.float16)
    z_NT = np.nan_to_num((value_NT - known_R.mean()) / known_R.std())
    return np.clip(z_NT, -FARTHEST, FARTHEST).astype(np.float16)


def _nearest(past: _Past, own: JoinedShares, subject: Subject) -> np.ndarray:
    """rows_NT: the windows whose inputs lie nearest to this one's where it was moved most."""
    ticker_R, session_R = past.places_RP.T
    share_LF = own.share_RLF[0]
    read_F = np.array([name in past.names for name in own.names])  # a joint model reads of other tickers too
    size_LF = np.abs(share_LF) * read_F
    far_R, last = np.zeros(len(past.places_RP), dtype=np.float32), past.z_NTF.shape[1] - 1
    for place in np.argsort(-size_LF, axis=None, kind="stable")[:PLACES].tolist():
        lag, feature = divmod(place, len(own.names))
        if not size_LF[lag, feature]:
            break
        z_NT = past.z_NTF[:, :, past.names.index(own.names[feature])]
        here = float(z_NT[subject.place, last - lag])
        slope = size_LF[lag, feature] / max(abs(here), STEP)
        far_R += np.square(slope * (z_NT[ticker_R, session_R - lag].astype(np.float32) - here))
    rows_NT = np.zeros(past.z_NTF.shape[:2], dtype=bool)
    rows_NT[tuple(np.array(_apart(past.places_RP, np.argsort(far_R, kind="stable"))).T)] = True
    return rows_NT


def _apart(places_RP: np.ndarray, order_R: np.ndarray) -> list[tuple[int, int]]:
    """The first ones, of which no two of a ticker lie next to each other."""
    taken: dict[int, list[int]] = {}
    chosen: list[tuple[int, int]] = []
    for row in order_R:
        ticker, session = places_RP[row].tolist()
        if all(abs(other - session) >= APART for other in taken.setdefault(ticker, [])):
            taken[ticker].append(session)
            chosen.append((ticker, session))
        if len(chosen) == COMPARED:
            break
    return chosen


def _known(scene: Scene, column: int) -> np.ndarray:
    """Rows whose outcome is known by the session that is explained: the panel ends with it."""
    known_NT = scene.usable_NT & np.isfinite(scene.windows.y_NTH[:, :, column])
    known_NT[:, -1] = False
    return known_NT


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
