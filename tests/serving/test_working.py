"""The app as a visitor works with it, on a server that knows a search: versions, settings, runs, seats, alarms, and
what is kept as a file."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import polars as pl
import pytest
from playwright.sync_api import expect

from ml_core.vocabulary.words import CLAIMS
from serving.ui.runs import EVERY
from tests.serving.conftest import EVIL
from tests.serving.visit import CANDLES, PATIENCE, WIDTHS, Visit, at_both_widths

PNG = b"\x89PNG"
expect.set_options(timeout=PATIENCE)


def test_a_visitor_looks_at_the_newest_search(page, address):
    for _ in at_both_widths(page, address, "tab=search"):
        for chart in ("leaderboard", "curves", "importance", "together", "values"):
            expect(page.locator(f"#search-{chart} .main-svg").first).to_be_visible()
        expect(page.locator("#search-luck")).to_contain_text("16 trials count as")
        expect(page).to_have_url(re.compile("tab=search"))
        page.get_by_text("The same as a table").click()
        expect(page.locator("#search-luck tbody tr")).to_have_count(12)
        page.locator("#search-refresh").click()
        expect(page.locator("#search-leaderboard .main-svg").first).to_be_visible()


def test_a_visitor_compares_two_versions(page, address):
    for _ in at_both_widths(page, address, "tab=models"):
        for chart in ("timeline", "scores", "coverage"):
            expect(page.locator(f"#models-{chart} .main-svg").first).to_be_visible()
        expect(page.locator("#models-proven tbody tr")).to_have_count(len(CLAIMS))
        expect(page.locator("#models-table")).to_contain_text("on the same holdout")
        expect(page.locator("#models-evidence")).to_contain_text("Leak audit")


def test_a_visitor_tries_settings_that_are_counted_and_stand_in_the_address(page, address):
    for _ in at_both_widths(page, address, "tab=backtest&cost=8&smoothing=2"):
        for chart in ("equity", "months", "ic", "tenths", "costs"):
            expect(page.locator(f"#backtest-{chart} .main-svg").first).to_be_visible()
        expect(page.locator("#backtest-cards")).to_contain_text("1 setting")
        expect(page.locator("#backtest-cards")).to_contain_text("8 bp are paid")
        page.locator("#backtest-kind input").click()
        page.get_by_role("option", name="Long only", exact=True).click()
        expect(page.locator("#backtest-cards")).to_contain_text("2 settings")
        page.locator("#backtest-from input").first.fill("hello")
        told = page.locator("#backtest-from").evaluate("one => getComputedStyle(one, '::after').content")
        assert "Expected a day such as" in told
        page.locator("#backtest-from input").first.fill("2001-01-01")
        page.locator("#backtest-from input").first.press("Enter")
        expect(page.locator("#backtest-notice")).to_contain_text("the model learned from what lies before")
        expect(page).to_have_url(re.compile("cost=8&smoothing=2&.*strategy=long_only&from=2001-01-01"))


def test_a_visitor_keeps_charts_as_pictures_and_tables_as_files(page, address):
    for visit in at_both_widths(page, address, "tab=backtest"):
        page.locator("#backtest-equity").hover()
        with page.expect_download() as saved:
            page.locator("#backtest-equity .cc-save-picture").click()
        assert saved.value.suggested_filename == "backtest-equity.png"
        assert Path(saved.value.path()).read_bytes().startswith(PNG)
        page.locator("#backtest-accounts summary").click()
        with page.expect_download() as saved:
            page.locator("#backtest-accounts .cc-save").click()
        accounts = pl.read_csv(saved.value.path())
        assert accounts.columns == ["date", "strategy", "equal_weight", "zero_forecast", "buy_and_hold"]
        visit.turn_to("Forecast")
        expect(page.locator(CANDLES)).to_be_visible()
        with page.expect_download() as saved:
            page.locator("#chart .cc-save-picture").click()
        assert saved.value.suggested_filename == f"{visit.drawn()}.png"
        assert Path(saved.value.path()).read_bytes().startswith(PNG)


def test_a_visitor_sees_at_once_that_a_loss_is_measured_and_then_what_it_is(page, address):
    visit = Visit(page, address)
    visit.open("tab=forecast")
    soon = visit.listen("#explain-lost")
    visit.turn_to("Explain")
    assert soon() < 100
    expect(page.locator("#explain-lead")).to_contain_text("What moved ALFA")
    expect(page.locator("#explain-lost")).to_contain_text("By how much level would be worse")
    expect(page.locator("#explain-importance .main-svg").first).to_be_visible()
    assert visit.complaints == []


def test_a_visitor_switches_to_another_experiment_and_can_share_what_is_shown(page, address):
    for visit in at_both_widths(page, address, "tab=models"):
        expect(page).to_have_url(re.compile(r"experiment=small&tab=models"))
        expect(page.locator("#head")).to_contain_text("broken cannot be opened")
        expect(page.locator("#head h1")).to_have_text("small")
        expect(page.locator("#models-evidence")).to_contain_text("champion of small.simulated")
        page.get_by_role("link", name="other", exact=True).focus()
        visit.leave(partial(page.keyboard.press, "Enter"))
        expect(page.locator("#head h1")).to_have_text("other")
        expect(page.locator("#models-evidence")).to_contain_text("champion of other.simulated")
        expect(page).to_have_url(re.compile("experiment=other&tab=models"))
    for visit in at_both_widths(page, address, "experiment=other&tab=forecast&ticker=ECHO"):
        expect(page.locator("#table table")).to_contain_text("5 sessions")
        visit.wait_for("ECHO")


def test_a_visitor_sees_how_near_an_alarm_is_and_lets_monitoring_look_now(page, address):
    for visit in at_both_widths(page, address, "tab=monitoring"):
        table = page.locator("#monitoring-alarms table")
        chart = page.get_by_role("img", name=re.compile("Alarms: 5, of inputs.*inputs 160 %"))
        expect(chart).to_be_visible()
        expect(table).to_contain_text("open")
        assert chart.bounding_box()["y"] < table.bounding_box()["y"]
        if page.viewport_size["width"] == WIDTHS[-1]:
            expect(page.locator("#monitoring-alarms")).to_contain_text("Mon 02 Sep")
            page.locator("#look-now").click()
            expect(page.locator("#monitoring-notice")).to_contain_text("A look goes on")
            expect(page.locator("#look-now")).to_be_disabled()
            expect(page.locator("#monitoring-alarms")).to_contain_text("Tue 03 Sep")
            expect(page.locator("#look-now")).to_be_enabled()
            visit.turn_to("Runs")
            expect(page.locator("#runs-one")).to_contain_text("Monitor of small")


def test_a_visitor_starts_a_run_reads_its_log_and_a_wrong_number_starts_nothing(page, address):
    for _ in at_both_widths(page, address, "tab=runs"):
        page.get_by_role("radio", name="Search").check()
        page.locator("#runs-trials input").fill("0")
        page.locator("#runs-start").click()
        expect(page.locator("#runs-answer")).to_contain_text("Trials: expected at least 1, got 0")
        page.get_by_role("radio", name="Refresh").check()
        expect(page.locator("#runs-trials")).to_have_count(0)
        expect(page.locator("#runs-one")).to_contain_text(" of small")
        shown = page.locator("#runs-which input").input_value()
        page.locator("#runs-start").click()
        expect(page.locator("#runs-which input")).not_to_have_value(shown)
        expect(page.locator("#runs-one")).to_contain_text("Refresh of small")
        expect(page).to_have_url(re.compile("run=.*-refresh"))
        expect(page.locator("#runs-one")).to_contain_text("completed")
        expect(page.locator("#runs-one pre")).to_contain_text("last session")
        expect(page.locator("#runs-cancel")).to_be_disabled()
        page.get_by_text("All runs as a table").click()
        expect(page.locator("#runs-table tbody tr").first).to_contain_text("this machine")


def test_what_a_run_has_said_is_text_and_another_run_is_cancelled(page, address):
    visit = Visit(page, address)
    visit.open("tab=runs&run=20251231-120000-000000-audit")
    expect(page.locator("#runs-one pre")).to_contain_text(EVIL)
    page.get_by_role("radio", name="Audit").check()
    expect(page.locator("#runs-dates")).to_be_visible()  # before that the button moves away under the click
    page.locator("#runs-start").click()
    expect(page.locator("#runs-one")).to_contain_text("Dates".lower())
    expect(page.locator("#runs-cancel")).to_be_enabled()
    page.locator("#runs-start").click()
    refused = page.locator("#runs-answer")
    expect(refused).to_contain_text("a home does one run at a time")
    page.wait_for_timeout(1500 * EVERY)  # the page has looked again by then
    expect(refused).to_be_visible()
    page.locator("#runs-cancel").click()
    expect(page.locator("#runs-one")).to_contain_text("cancelled")
    expect(refused).to_have_count(0)
    assert page.title() == "candorcast"
    assert visit.complaints == []


@pytest.fixture
def _put_back(address) -> Iterator[None]:
    """After a test that makes another version champion, for those that come after it."""
    yield
    again = {"version": "4", "reason": "as it was", "force": True}
    httpx.post(f"{address}/models/champion", json=again, trust_env=False).raise_for_status()


@pytest.mark.usefixtures("_put_back")
def test_a_visitor_goes_back_to_an_earlier_champion_only_after_saying_why_and_confirming(page, address):
    visit = Visit(page, address)
    visit.open("tab=Models")
    page.get_by_text("Make another version champion").click()
    page.locator("#seat-ask").click()
    expect(page.locator("#seat-told")).to_contain_text("expected a reason")
    expect(page.locator("#seat-yes")).to_have_count(0)
    page.get_by_label("Why").fill(EVIL)
    page.locator("#seat-ask").click()
    expect(page.locator("#seat-told")).to_contain_text("Version 3 would be champion instead of version 4")
    page.locator("#seat-no").click()
    expect(page.locator("#seat-yes")).to_have_count(0)
    page.locator("#seat-ask").click()
    page.locator("#seat-yes").click()
    expect(page.locator("#seat-told")).to_contain_text("Version 3 is champion now")
    expect(page.locator("#models-proven .cc-own").first).to_contain_text("Version 3")
    assert page.title() == "candorcast"
    assert visit.complaints == []
