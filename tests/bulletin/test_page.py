"""The report that is kept for each day tells what is stored, and changes nothing."""

import datetime as dt

import pytest

from ml_core.bulletin.page import ReportPage, write_page
from ml_core.bulletin.report import build_report
from ml_core.bulletin.subject import open_subject
from ml_core.data.order import Order
from ml_core.live.ledger import open_ledger
from ml_core.registry.versions import Registry
from tests.live.world import BEGIN, evening, live_through, next_day, open_market, speak


@pytest.fixture(scope="module")
def lived(new_home) -> tuple[Order, dt.date]:
    """Three evenings with a reference and a challenger, of whom two were scored."""
    order = open_market(new_home())
    day = next_day(order, BEGIN)
    speak(order, day)
    return order, live_through(order, day, days=3)[0]


def keep(order: Order, day: dt.date, version: str | None = None) -> ReportPage:
    return write_page(order, build_report(open_subject(order, version, now=evening(day))))


def test_of_an_empty_home_it_says_that_nobody_answers_and_which_bars_are_missing(new_home, lived):
    order, day = lived
    empty = Order(order.experiment, type(order.store)(new_home(), order.source))
    text = keep(empty, day).text
    assert "Nobody answers yet." in text
    assert "| bars | due |" in text


def test_it_tells_who_answers_what_is_proven_and_the_newest_forecasts(lived):
    order, day = lived
    page = keep(order, day)
    sitting = Registry(order.home).find(order.name)
    assert page.file == order.home.root / "reports" / order.experiment.name / f"{day}" / "page.md"
    assert page.file.read_text() == page.text
    assert f"version {sitting.version}, the one that answers" in page.text
    assert f"Version {sitting.version}: reference: it says how far" in page.text
    for claim in sitting.evidence.claims:
        assert claim.why in page.text
    assert f"## The newest forecasts, of {day}" in page.text
    assert page.text.count("| none | [") == len(order.experiment.universe.tickers) * len(
        order.experiment.task.horizons
    ), "the reference says no direction"
    assert "open: the e-value" in page.text, "the challenger's claims were scored"
    assert {"forecasts.png", "equity.png", "coverage.png"} <= set(page.figures)
    assert all((page.folder / name).stat().st_size > 1000 for name in page.figures)
    assert page.report.read_text().startswith("<!doctype html>")


def test_of_a_version_that_was_scored_live_it_draws_how_the_evidence_went(lived):
    order, day = lived
    assert "live.png" in keep(order, day, "challenger").figures


def test_to_write_it_scores_nothing_and_moves_nobody_and_the_same_day_is_written_anew(lived):
    order, day = lived
    before = open_ledger(order).scores(), Registry(order.home).moves(order.name)
    first, second = (keep(order, day) for _ in range(2))
    assert first == second
    assert [one.name for one in first.folder.parent.iterdir()] == [f"{day}"]
    assert open_ledger(order).scores().equals(before[0])
    assert Registry(order.home).moves(order.name) == before[1]
