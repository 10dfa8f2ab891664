"""The app as a visitor meets it: a real server, a real browser, nobody else asked for anything."""

import re
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import expect, sync_playwright

from ml_core.vocabulary.words import CLAIMS
from serving.look.style import DARK, LIGHT
from tests.serving.conftest import EVIL
from tests.serving.visit import CANDLES, PATIENCE, WIDTHS, Visit, at_both_widths
from tests.serving.world import LISTED

PNG = b"\x89PNG"
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


expect.set_options(timeout=PATIENCE)


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["desktop", "phone"])
def visit(browser, address, request):
    width, height = request.param
    page = browser.new_page(viewport={"width": width, "height": height})
    yield Visit(page, address)
    page.close()


def test_the_board_opens_first_and_a_click_on_a_ticker_opens_its_forecast(visit):
    page = visit.page
    visit.arrive()
    board = page.locator("#board table tbody tr")
    expect(board).to_have_count(6)
    assert page.locator("#board svg").first.bounding_box()["width"] > 80
    page.locator("#board-order input").click()
    page.get_by_role("option", name="Ticker, from Z to A", exact=True).click()
    expect(board).to_contain_text(list(reversed(LISTED)))
    ticker = page.get_by_role("columnheader", name="Ticker")
    expect(ticker).to_have_attribute("aria-sort", "descending")
    ticker.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(board).to_contain_text(list(LISTED))  # before that a row moves away under the click
    expect(ticker).to_have_attribute("aria-sort", "ascending")
    expect(ticker.get_by_role("button")).to_be_focused()
    expect(page).to_have_url(re.compile("sorted=ticker"))
    page.locator('#board [data-ticker="ECHO"]').click()
    visit.wait_for("ECHO")
    expect(page).to_have_url(re.compile("tab=forecast&ticker=ECHO"))
    assert visit.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("visit", [(1280, 900)], ids=["desktop"], indirect=True)
def test_an_address_opens_the_view_that_was_shared_and_a_wrong_one_opens_the_app(visit):
    page = visit.page
    visit.open("tab=forecast&ticker=BRAV&horizon=3&as_of=2019-06-03&history=365")
    expect(page.locator("#table")).to_contain_text("From the close of 03 Jun 2019")
    expect(page.locator("#table table")).to_contain_text("3 sessions")
    expect(page.locator("#table table")).not_to_contain_text("5 sessions")
    visit.wait_for("BRAV")
    expect(page.get_by_label("number input for History, days")).to_have_value("365")
    assert visit.shown_days() > 200
    assert visit.complaints == []
    wrong = visit.page.context.browser.new_page()
    wrong.goto(f"{visit.address}/ui?tab=nothing&horizon=77&history=9&as_of=someday&ticker=%3Cb%3E")
    expect(wrong.locator("#board table tbody tr")).to_have_count(6)
    expect(wrong.locator("#address-notice")).to_contain_text("there is no tab 'nothing', but today, forecast")
    expect(wrong.locator("#address-notice")).to_contain_text("horizon '77' is none of 1, 3, 5")
    expect(wrong.locator("#address-notice")).to_contain_text("history '9' is none of 30 to 730")


@pytest.mark.parametrize("visit", [(1280, 900)], ids=["desktop"], indirect=True)
def test_what_is_chosen_on_one_tab_is_chosen_on_the_others(visit):
    page = visit.page
    visit.open("tab=forecast&ticker=BRAV&horizon=3")
    visit.turn_to("Explain")
    expect(page.locator("#explain-lead")).to_contain_text("What moved BRAV")
    expect(page.locator("#explain-horizon input")).to_have_value("3 sessions")
    field = page.locator("#explain-ticker input")
    field.fill("ECHO")
    field.press("Enter")
    expect(page.locator("#explain-lead")).to_contain_text("What moved ECHO")
    expect(page).to_have_url(re.compile("tab=explain&ticker=ECHO&horizon=3"))
    visit.turn_to("Forecast")
    visit.wait_for("ECHO")
    assert visit.complaints == []


def test_a_visitor_sees_chart_table_and_disclaimer_and_changes_the_ticker(visit):
    page = visit.page
    visit.open("tab=forecast")
    expect(page.locator("#table table")).to_contain_text("5 sessions")
    expect(page.locator("#disclaimer")).to_contain_text("not investment advice")
    assert visit.drawn() == "ALFA"
    before = visit.closes()
    page.locator("#ticker input").click()
    page.get_by_role("option", name="ECHO", exact=True).click()
    visit.wait_for("ECHO")
    assert visit.closes() != before
    visit.turn_to("Models")
    expect(page.locator("#models-evidence")).to_contain_text("Leak audit")
    expect(page.locator("#models-evidence")).to_contain_text("Ridge")
    expect(page.locator("#models-evidence")).to_contain_text("Zero forecast")
    assert visit.strangers == []
    assert visit.complaints == []
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_chart_of_a_ticker_is_painted_moved_and_follows_the_dark(visit):
    page = visit.page
    visit.open("tab=forecast&ticker=ALFA")
    for name in ("blue", "alarm", "warn"):
        assert visit.painted(LIGHT[name]) > 0, name
    assert visit.painted(DARK["surface"]) == 0
    chart, legend = page.locator("#chart .cc-canvas"), page.locator("#chart .cc-legend")
    expect(legend).to_contain_text("50-day mean")
    expect(legend).to_contain_text("5 sessions before: held")
    expect(legend).to_contain_text("90 % interval")
    before = visit.shown_days()
    chart.focus()
    for _ in range(3):
        page.keyboard.press("+")
        page.wait_for_timeout(150)  # it is drawn with the next frame
    assert visit.shown_days() < before / 1.5
    page.keyboard.press("Home")
    page.wait_for_timeout(150)
    assert visit.shown_days() == pytest.approx(before, abs=1)
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 100)
    expect(legend.locator(".cc-day")).to_contain_text(re.compile(r"open .*high .*low .*close .*volume"))
    page.evaluate("document.body.classList.add('dark')")
    page.wait_for_timeout(500)
    assert visit.painted(DARK["blue"]) > 0
    assert visit.painted(LIGHT["surface"]) < 100
    expect(page.get_by_role("link", name="https://www.tradingview.com/")).to_be_visible()
    assert (visit.strangers, visit.complaints) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("visit", [(1280, 900)], ids=["desktop"], indirect=True)
def test_a_ticker_that_is_typed_is_answered_or_explained(visit):
    page = visit.page
    visit.open("tab=forecast")
    field = page.locator("#ticker input")
    field.fill("golf")
    field.press("Enter")
    visit.wait_for("GOLF")
    field.fill("nope")
    field.press("Enter")
    expect(page.locator(".cc-notice:visible")).to_have_text(
        re.compile("no bars stored for 'nope'"), timeout=PATIENCE
    )
    assert visit.complaints == []


def test_a_visitor_looks_at_the_newest_search(browser, searched_address):
    for visit in at_both_widths(browser, searched_address, "tab=search"):
        page = visit.page
        for chart in ("leaderboard", "curves", "importance", "values"):
            expect(page.locator(f"#search-{chart} .main-svg").first).to_be_visible()
        expect(page.locator("#search-luck")).to_contain_text("16 trials count as")
        expect(page).to_have_url(re.compile("tab=search"))
        page.get_by_text("The same as a table").click()
        expect(page.locator("#search-luck tbody tr")).to_have_count(12)
        page.locator("#search-refresh").click()
        expect(page.locator("#search-leaderboard .main-svg").first).to_be_visible()


def test_a_visitor_compares_two_versions(browser, searched_address):
    for visit in at_both_widths(browser, searched_address, "tab=models"):
        page = visit.page
        for chart in ("timeline", "scores", "coverage"):
            expect(page.locator(f"#models-{chart} .main-svg").first).to_be_visible()
        expect(page.locator("#models-proven tbody tr")).to_have_count(len(CLAIMS))
        expect(page.locator("#models-table")).to_contain_text("on the same holdout")
        expect(page.locator("#models-evidence")).to_contain_text("Leak audit")


def test_a_visitor_tries_settings_that_are_counted_and_stand_in_the_address(browser, searched_address):
    for visit in at_both_widths(browser, searched_address, "tab=backtest&cost=8&smoothing=2"):
        page = visit.page
        for chart in ("equity", "months", "ic", "tenths", "costs"):
            expect(page.locator(f"#backtest-{chart} .main-svg").first).to_be_visible()
        expect(page.locator("#backtest-cards")).to_contain_text("1 setting")
        expect(page.locator("#backtest-cards")).to_contain_text("8 bp are paid")
        page.locator("#backtest-kind input").click()
        page.get_by_role("option", name="Long only", exact=True).click()
        expect(page.locator("#backtest-cards")).to_contain_text("2 settings")
        page.locator("#backtest-from input").first.fill("2001-01-01")
        page.locator("#backtest-from input").first.press("Enter")
        expect(page.locator("#backtest-notice")).to_contain_text("the model learned from what lies before")
        expect(page).to_have_url(re.compile("cost=8&smoothing=2&.*strategy=long_only&from=2001-01-01"))


def test_a_visitor_keeps_charts_as_pictures_and_tables_as_files(browser, searched_address):
    for visit in at_both_widths(browser, searched_address, "tab=backtest"):
        page = visit.page
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


def test_a_visitor_switches_to_another_experiment_and_can_share_what_is_shown(browser, searched_address):
    for visit in at_both_widths(browser, searched_address, "tab=models"):
        page = visit.page
        expect(page).to_have_url(re.compile(r"experiment=small&tab=models"))
        expect(page.locator("#head")).to_contain_text("broken cannot be opened")
        expect(page.locator("#head h1")).to_have_text("small")
        expect(page.locator("#models-evidence")).to_contain_text("champion of small.simulated")
        page.get_by_role("link", name="other", exact=True).focus()
        visit.leave(partial(page.keyboard.press, "Enter"))
        expect(page.locator("#head h1")).to_have_text("other")
        expect(page.locator("#models-evidence")).to_contain_text("champion of other.simulated")
        expect(page).to_have_url(re.compile("experiment=other&tab=models"))
    for visit in at_both_widths(browser, searched_address, "experiment=other&tab=forecast&ticker=ECHO"):
        expect(visit.page.locator("#table table")).to_contain_text("5 sessions")
        visit.wait_for("ECHO")


def test_a_visitor_sees_how_near_an_alarm_is_and_lets_monitoring_look_now(browser, searched_address):
    for visit in at_both_widths(browser, searched_address, "tab=monitoring"):
        page, table = visit.page, visit.page.locator("#monitoring-alarms table")
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


def test_a_visitor_starts_a_run_reads_its_log_and_a_wrong_number_starts_nothing(browser, searched_address):
    for visit in at_both_widths(browser, searched_address, "tab=runs"):
        page = visit.page
        page.get_by_role("radio", name="Search").check()
        page.locator("#runs-trials input").fill("0")
        page.locator("#runs-start").click()
        expect(page.locator("#runs-notice")).to_contain_text("Trials: expected at least 1, got 0")
        page.get_by_role("radio", name="Refresh").check()
        expect(page.locator("#runs-trials")).to_have_count(0)
        page.locator("#runs-start").click()
        expect(page.locator("#runs-one")).to_contain_text("Refresh of small")
        expect(page).to_have_url(re.compile("run=.*-refresh"))
        expect(page.locator("#runs-one")).to_contain_text("completed")
        expect(page.locator("#runs-one pre")).to_contain_text("last session")
        expect(page.locator("#runs-cancel")).to_be_disabled()
        page.get_by_text("All runs as a table").click()
        expect(page.locator("#runs-table tbody tr").first).to_contain_text("this machine")


def test_what_a_run_has_said_is_text_and_another_run_is_cancelled(browser, searched_address):
    page = browser.new_page()
    visit = Visit(page, searched_address)
    visit.open("tab=runs&run=20251231-120000-000000-audit")
    expect(page.locator("#runs-one pre")).to_contain_text(EVIL)
    page.get_by_role("radio", name="Audit").check()
    page.locator("#runs-start").click()
    expect(page.locator("#runs-one")).to_contain_text("Dates".lower())
    expect(page.locator("#runs-cancel")).to_be_enabled()
    page.locator("#runs-cancel").click()
    expect(page.locator("#runs-one")).to_contain_text("cancelled")
    assert page.title() == "candorcast"
    assert visit.complaints == []
    page.close()


def test_a_visitor_goes_back_to_an_earlier_champion_only_after_saying_why_and_confirming(
    browser, searched_address
):
    page = browser.new_page()
    visit = Visit(page, searched_address)
    visit.open("tab=models")
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
    page.close()
