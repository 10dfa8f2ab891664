"""The app as a visitor meets it: a real server, a real browser, nobody else asked for anything."""

import re

import pytest
from playwright.sync_api import Page, expect, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
PATIENCE = 60_000


class Visit:
    """A page with everything it asked for and complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        page.goto(f"{address}/")
        page.wait_for_selector(".js-plotly-plot .main-svg", timeout=PATIENCE)

    @property
    def strangers(self) -> list[str]:
        return [url for url in self.asked if not url.startswith((f"{self.address}/", "data:", "blob:"))]

    def drawn(self) -> str:
        return self.page.eval_on_selector(".js-plotly-plot", "plot => plot.layout.meta.ticker")

    def closes(self) -> list[float]:
        read = "plot => Array.from(plot.data.find(trace => trace.type == 'candlestick').close)"
        return self.page.eval_on_selector(".js-plotly-plot", read)


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


def test_a_visitor_sees_chart_table_and_disclaimer_and_changes_the_ticker(visit):
    page = visit.page
    expect(page.locator("#table table")).to_contain_text("5 sessions")
    expect(page.locator("#disclaimer")).to_contain_text("not investment advice")
    assert visit.drawn() == "ALFA"
    before = visit.closes()
    page.locator("#ticker input").click()
    page.get_by_role("option", name="ECHO", exact=True).click()
    page.wait_for_function(
        "document.querySelector('.js-plotly-plot').layout.meta.ticker == 'ECHO'", timeout=PATIENCE
    )
    assert visit.closes() != before
    page.get_by_role("tab", name="Model", exact=True).click()
    expect(page.locator("#evidence")).to_contain_text("Leak audit")
    expect(page.locator("#evidence")).to_contain_text("Ridge")
    expect(page.locator("#evidence")).to_contain_text("Zero forecast")
    assert visit.strangers == []
    assert visit.complaints == []
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("visit", [(1280, 900)], ids=["desktop"], indirect=True)
def test_a_ticker_that_is_typed_is_answered_or_explained(visit):
    page = visit.page
    field = page.locator("#ticker input")
    field.fill("golf")
    field.press("Enter")
    page.wait_for_function(
        "document.querySelector('.js-plotly-plot').layout.meta.ticker == 'GOLF'", timeout=PATIENCE
    )
    field.fill("nope")
    field.press("Enter")
    expect(page.locator(".wf-notice")).to_have_text(re.compile("no bars stored for 'nope'"), timeout=PATIENCE)
    assert visit.complaints == []
