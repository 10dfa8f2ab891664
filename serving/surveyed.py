"""Tells what a model hangs on over the holdout on which it was judged. It is measured once for a version and a horizon,
as `explain --importance` does, and then kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from ml_core.data.order import Order
from ml_core.errors import NotEnoughData
from ml_core.explain.stretch import open_holdout
from ml_core.explain.survey import load_survey
from ml_core.explain.surveys.importance import InputImportance
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry

KEPT, SEED = 8, 0


@dataclass(frozen=True)
class Surveyed:
    """Of whom it is: the version that was judged; of one that was fitted again another than was asked for, of
    which it may no longer be proven what was proven of him."""

    asked: ModelVersion
    judged: ModelVersion
    found: InputImportance


class Surveys:
    """One is measured at a time; who asks for one that is kept waits for none."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._kept: OrderedDict[tuple[str, int], Surveyed] = OrderedDict()
        self._measuring = threading.Lock()

    def kept(self, version: str | None, horizon: int) -> tuple[str, Surveyed | None]:
        """Which version it would be of, and what is known of it without measuring."""
        asked = self._find(version)
        known = self._kept.get((asked.version, horizon))
        return asked.version, known and replace(known, asked=asked)

    def importance(self, version: str | None, horizon: int) -> Surveyed:
        """Of whoever answers, or of that version."""
        asked = self._find(version)
        key = (asked.version, horizon)
        if known := self._kept.get(key):
            return replace(known, asked=asked)
        with self._measuring:
            if key not in self._kept:
                self._kept[key] = self._measure(asked, horizon)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]

    def _find(self, version: str | None) -> ModelVersion:
        return Registry(self._order.home).find(self._order.name, version)

    def _measure(self, asked: ModelVersion, horizon: int) -> Surveyed:
        survey = load_survey("importance")
        stretch, judged = open_holdout(self._order, Registry(self._order.home), asked)
        if why := survey.excuse(stretch):
            raise NotEnoughData(why)
        importance = survey.tell(stretch, horizon, SEED)
        assert isinstance(importance, InputImportance)
        return Surveyed(asked, judged, importance)
