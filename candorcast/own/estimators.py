"""Makes a baseline of any object with `fit(X, y)` and `predict(X)`: one is taught for each horizon, on the rows and
features that ours learn from, and answers for a session from that session's features.

Answers are asked for in blocks of one size, on one thread: a sum over rows rounds otherwise with their number, and a
row alone must be answered as among others, bit for bit.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from inspect import signature
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from candorcast.own.naming import own_code
from candorcast.own.state import StateArrays, arrays_of, is_torch, restore, tells_arrays
from ml_core.baselines import BaselineConfig, Learned, Lesson, PanelRows
from ml_core.errors import BrokenArtifact, InvalidInput
from ml_core.features.scaling import Scaler, fit_scaler

GIVEN = ("config", "seed", "inputs")
BLOCK = 256  # rows at a time
FEW = 512  # rows on which two fits are compared
PROBED = 16  # rows whose answers are kept, to know the estimator by when it is fitted again
KEPT = 16  # opened models that a process remembers

_opened: OrderedDict[str, tuple[Any, ...]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Estimators:
    """What `choices.load` gives for a model of one's own: as the file of a baseline, it has Config, fit and predict.
    `build` makes one estimator, of the config, a seed and, where it takes it, the number of inputs. `raw`: it is given
    features as they are, NaN where one is missing, and not scaled as ours; at most `rows` are learned from."""

    name: str
    Config: type[BaselineConfig]
    build: Callable[..., Any]
    raw: bool = False
    rows: int = 50_000

    @property
    def whose(self) -> str:
        return f"model '{self.name}'"

    def fit(self, config: BaselineConfig, lesson: Lesson) -> Learned:
        """Teach one estimator for each horizon, and say what is kept of them."""
        x_RF, y_RH = lesson.learn.x_RF.astype(np.float32), lesson.learn.y_RH
        kept_K = np.unique(np.linspace(0, len(x_RF) - 1, min(self.rows, len(x_RF))).astype(int))
        x_KF, y_KH = x_RF[kept_K], y_RH[kept_K]
        scaler = fit_scaler(x_RF[None], np.ones((1, len(x_RF)), dtype=bool), lesson.scaling)
        facts: dict[str, Any] = {"config": config.model_dump(mode="json"), "seed": lesson.seed}
        facts["inputs"] = x_RF.shape[1]
        taught = self._teach(facts, self._seen(x_KF, scaler), y_KH)
        arrays: StateArrays = {f"scaler.{name}": part for name, part in vars(scaler).items()}
        first = next((one for one in taught if one is not None), None)
        if tells_arrays(first):
            arrays |= self._told(taught)
        else:
            self._require_repeatable(facts, self._seen(x_KF[:FEW], scaler), y_KH[:FEW])
            arrays |= {"rows.x": x_KF, "rows.y": y_KH.astype(np.float32)}
        arrays |= {"probe.x": x_KF[:PROBED]}
        arrays["probe.told"] = self._ask(taught, self._seen(x_KF[:PROBED], scaler))
        facts |= {"taught": [one is not None for one in taught]}
        facts["digest"] = _digest(self.name, arrays, facts)
        _remember(facts["digest"], taught)
        return Learned(arrays, facts)

    def predict(self, learned: Learned, asked: PanelRows) -> tuple[np.ndarray, None]:
        """mean_RH in units of volatility; the scale is that of the training residuals."""
        x_RF = self._seen(asked.x_RF.astype(np.float32), _scaler_of(learned.arrays))
        return self._ask(self.open(learned), x_RF), None

    def _seen(self, x_RF: np.ndarray, scaler: Scaler) -> np.ndarray:
        return x_RF.astype(np.float64) if self.raw else scaler.scale(x_RF.astype(np.float64))

    def _make(self, facts: Mapping[str, Any]) -> Any:
        given = (self.Config.model_validate(facts["config"]), facts["seed"], facts["inputs"])
        with own_code(self.whose, "made"):
            estimator = self.build(*given[: count_given(self.build)])
        for method in ("fit", "predict"):
            if not callable(getattr(estimator, method, None)):
                kind = type(estimator).__name__
                raise InvalidInput(
                    f"{self.whose}: expected an object with fit and predict; {kind} has no {method}"
                )
        return estimator

    def _teach(self, facts: Mapping[str, Any], x_RF: np.ndarray, y_RH: np.ndarray) -> tuple[Any, ...]:
        """One for each horizon; none where no outcome is known."""
        taught: list[Any] = []
        for y_R in y_RH.T:
            known_R = np.isfinite(y_R)
            estimator = self._make(facts) if known_R.any() else None
            if estimator is not None:
                with own_code(self.whose, "fit"), _one_thread(estimator):
                    estimator.fit(x_RF[known_R], y_R[known_R])
            taught.append(estimator)
        return tuple(taught)

    def _told(self, taught: tuple[Any, ...]) -> StateArrays:
        parts: StateArrays = {}
        for place, one in enumerate(taught):
            if one is not None:
                with own_code(self.whose, "arrays"):
                    parts |= {
                        f"own.{place}.{name}": part for name, part in arrays_of(one, self.whose).items()
                    }
        return parts

    def _require_repeatable(self, facts: Mapping[str, Any], x_RF: np.ndarray, y_RH: np.ndarray) -> None:
        """Who is fitted again where it is opened has to learn the same again."""
        one, other = (self._ask(self._teach(facts, x_RF, y_RH), x_RF[:BLOCK]) for _ in range(2))
        if not np.array_equal(one, other):
            raise InvalidInput(
                f"{self.whose}: fitted twice on the same rows it answers differently; expected one that draws from "
                "the seed it is given, or arrays() and restore(arrays)"
            )

    def open(self, learned: Learned) -> tuple[Any, ...]:
        """The estimators: those that were taught in this process, or as they come back from arrays or rows."""
        digest = learned.facts["digest"]
        if recalled := _recall(digest):
            return recalled
        arrays, facts = learned.arrays, learned.facts
        if "rows.x" in arrays:
            scaler = _scaler_of(arrays)
            taught = self._teach(
                facts, self._seen(arrays["rows.x"], scaler), arrays["rows.y"].astype(np.float64)
            )
        else:
            taught = tuple(
                self._restored(facts, arrays, place) if there else None
                for place, there in enumerate(facts["taught"])
            )
        self._require_known(taught, arrays)
        _remember(digest, taught)
        return taught

    def _restored(self, facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray], place: int) -> Any:
        prefix = f"own.{place}."
        own = {name.removeprefix(prefix): part for name, part in arrays.items() if name.startswith(prefix)}
        with own_code(self.whose, "restore"):
            return restore(self._make(facts), own)

    def _require_known(self, taught: tuple[Any, ...], arrays: Mapping[str, np.ndarray]) -> None:
        """It says of rows that it learned from what it said when it was kept."""
        told = self._ask(taught, self._seen(arrays["probe.x"], _scaler_of(arrays)))
        if not np.allclose(told, arrays["probe.told"], rtol=1e-4, atol=1e-8):
            raise BrokenArtifact(
                f"{self.whose}: opened again it answers otherwise than when it was kept: its code, or a library that "
                "it uses, is another by now; search again, or install what it was made with"
            )

    def _ask(self, taught: tuple[Any, ...], x_RF: np.ndarray) -> np.ndarray:
        columns = [np.zeros(len(x_RF)) if one is None else self._ask_one(one, x_RF) for one in taught]
        return np.stack(columns, axis=1)

    def _ask_one(self, estimator: Any, x_RF: np.ndarray) -> np.ndarray:
        told_R = np.empty(len(x_RF))
        for start in range(0, len(x_RF), BLOCK):
            block_RF = x_RF[start : start + BLOCK]
            filled_RF = np.concatenate([block_RF, np.repeat(block_RF[:1], BLOCK - len(block_RF), axis=0)])
            with own_code(self.whose, "predict"), _one_thread(estimator):
                told = np.asarray(estimator.predict(filled_RF), dtype=np.float64)
            if told.shape not in ((BLOCK,), (BLOCK, 1)):
                raise InvalidInput(
                    f"{self.whose}: predict: expected a number a row, {BLOCK} of them, got shape {told.shape}"
                )
            told_R[start : start + BLOCK] = told.reshape(-1)[: len(block_RF)]
        if not np.isfinite(told_R).all():
            raise InvalidInput(f"{self.whose}: predict: expected finite numbers, got NaN or infinity")
        return told_R


def count_given(build: Callable[..., Any]) -> int:
    """How many of config, seed and inputs it takes: what it has a value for already, it keeps."""
    needed = [
        one for one in signature(build).parameters.values() if one.default is one.empty or one.name in GIVEN
    ]
    return len(needed)


def can_be_given(build: Callable[..., Any]) -> bool:
    """Whether it is a function of (config, seed) or (config, seed, inputs)."""
    return 2 <= count_given(build) <= len(GIVEN)


def _scaler_of(arrays: Mapping[str, np.ndarray]) -> Scaler:
    return Scaler(*(arrays[f"scaler.{part.name}"] for part in fields(Scaler)))


@contextmanager
def _one_thread(estimator: Any) -> Iterator[None]:
    with ExitStack() as limits:
        limits.enter_context(threadpool_limits(1))
        if is_torch(estimator):
            from ml_core.forecaster.threads import one_thread

            limits.enter_context(one_thread())
        yield


def _digest(name: str, arrays: StateArrays, facts: Mapping[str, Any]) -> str:
    """Another for whatever answers otherwise."""
    digest = hashlib.sha256(json.dumps([name, facts], sort_keys=True).encode())
    for key in sorted(arrays):
        digest.update(key.encode() + np.ascontiguousarray(arrays[key]).tobytes())
    return digest.hexdigest()[:20]


def _remember(digest: str, taught: tuple[Any, ...]) -> None:
    with _lock:
        _opened[digest] = taught
        _opened.move_to_end(digest)
        while len(_opened) > KEPT:
            _opened.popitem(last=False)


def _recall(digest: str) -> tuple[Any, ...] | None:
    with _lock:
        return _opened.get(digest)


def forget_opened() -> None:
    """As in a new process: each model is opened from what was kept of it."""
    with _lock:
        _opened.clear()
