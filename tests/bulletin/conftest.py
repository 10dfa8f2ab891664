"""A market with a reference, a challenger, a champion and a refit, and the reports of them."""

from dataclasses import replace

import pytest

from ml_core.bulletin.report import build_report
from ml_core.bulletin.subject import ReportSubject, open_subject
from ml_core.claims.verdict import ClaimVerdict
from ml_core.data.order import Order
from ml_core.promotion.likeness import hand_on, judge_refit
from ml_core.registry.refit import Compared, Refit
from ml_core.registry.versions import Registry
from ml_core.reporting.document.document import (
    Document,
)
from tests.live.world import BEGIN, evening, next_day, open_market, speak


@pytest.fixture(scope="module")
def order(new_home) -> Order:
    """A market with a reference and a challenger; both have forecast a session."""
    made = open_market(new_home())
    speak(made, next_day(made, BEGIN))
    return made


@pytest.fixture(scope="module")
def subjects(order) -> dict[str, ReportSubject]:
    """By seat; the champion is the challenger, put there by hand, and read before he gives his place back."""
    registry, now = Registry(order.home), evening(BEGIN)
    found = {seat: open_subject(order, seat, now=now) for seat in ("reference", "challenger")}
    registry.promote(order.name, found["challenger"].version.version)
    return found | {"champion": open_subject(order, "champion", now=now)}


@pytest.fixture(scope="module")
def reports(subjects) -> dict[str, Document]:
    return {seat: build_report(subject) for seat, subject in subjects.items()}


@pytest.fixture(scope="module")
def refitted(subjects) -> ReportSubject:
    """Version 3, the challenger fitted again: its moves are 3.3 times as large, as it is trusted more."""
    judged = subjects["challenger"].version
    level, order = (
        ClaimVerdict(name, 1, "proven", "of those", p=0.001, adjusted=0.004) for name in ("level", "order")
    )
    proven = (level, order)
    compared = Compared(
        horizon=level.horizon, gap=0.1, spread=3.3, reach=3.3, agreement=0.9, trusted=3.3, width=1.0,
        parent_coverage=0.9, coverage=0.9,
    )  # fmt: skip
    refit = Refit(
        parent=judged.version, judged=judged.version, through=judged.evidence.holdout.end,
        since=judged.evidence.holdout.start, sessions=100, rows=100, missing=0, compared=(compared,),
    )  # fmt: skip
    was = judged.evidence.model_copy(update={"claims": proven})
    gate = judge_refit(
        subjects["challenger"].experiment.gate, refit, frozenset({("level", level.horizon)}), findings=()
    )
    now = was.model_copy(update={"claims": hand_on(proven, refit), "refit": refit, "gate": gate})
    made = replace(judged, version="3", aliases=("champion",), read=now)
    return replace(subjects["challenger"], version=made, judged=replace(judged, read=was))
