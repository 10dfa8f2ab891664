"""The app as a visitor meets it: a real server, a real browser, nobody else asked for anything."""

import re

import pytest
from playwright.sync_api import expect

from serving.look.style import DARK, LIGHT
from tests.serving.visit import PATIENCE, Visit
from tests.serving.world import LISTED

expect.set_options(timeout=PATIENCE)


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["desktop", "phone"])
def visit(page, address, request):
    width, height = request.param
    return Visit(page, address, width=width, height=height)


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
    visit.go("/ui?tab=nothing&horizon=77&history=9&as_of=someday&ticker=%3Cb%3E")
    expect(page.locator("#board table tbody tr")).to_have_count(6)
    expect(page.locator("#address-notice")).to_contain_text("there is no tab 'nothing', but today, forecast")
    expect(page.locator("#address-notice")).to_contain_text("horizon '77' is none of 1, 3, 5")
    expect(page.locator("#address-notice")).to_contain_text("history '9' is none of 30 to 730")


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
    assert "common." not in page.evaluate("document.body.textContent"), "what is read aloud has words"
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
    assert visit.bodies() == [LIGHT["surface"], LIGHT["alarm"]], "hollow, filled"
    expect(page.locator("#chart")).to_contain_text("A hollow candle closed above its open")
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
    assert visit.bodies() == [DARK["surface"], DARK["alarm"]]
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
    expect(page.get_by_role("tabpanel").locator(".cc-notice")).to_have_text(
        re.compile("no bars stored for 'nope'"), timeout=PATIENCE
    )
    assert visit.complaints == []
