"""A visit of the app in a real browser, with all that the page asked for and complained about."""

from collections.abc import Callable, Iterator
from functools import partial

from playwright.sync_api import Page

PATIENCE = 60_000
WIDTHS = (1280, 390)  # of a desk and of a phone
CANDLES = "#chart .cc-candles[data-ticker]"
DRAWN = f"{CANDLES}, .js-plotly-plot .main-svg"
PAINTED = """([chart, wanted]) => [...document.querySelectorAll(`${chart} canvas`)].reduce((sum, canvas) => {
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  for (let at = 0; at < pixels.length; at += 4)
    if (wanted.every((part, place) => Math.abs(pixels[at + place] - part) < 6)) sum += 1;
  return sum;
}, 0)"""

# Milliseconds from the press of a button to the first frame in which a part of the page says that it is being made.
HEARD = """part => new Promise(heard => document.addEventListener('mousedown', event => {
  const look = () => {
    const said = document.querySelector(`${part} [aria-busy=true]`);
    if (said?.checkVisibility()) heard(performance.now() - event.timeStamp); else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}, {once: true, capture: true}))"""


class Visit:
    """A page with everything it asked for and complained about from now on."""

    def __init__(self, page: Page, address: str, *, width: int = WIDTHS[0], height: int = 844) -> None:
        self.page, self.address = page, address
        page.set_viewport_size({"width": width, "height": height})
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)

    def leave(self, go: Callable[[], None]) -> None:
        """For another page. What the old one complains of meanwhile, that it was still waiting for something, it tells
        nobody."""
        said = list(self.complaints)
        with self.page.expect_navigation(wait_until="commit", timeout=PATIENCE):
            go()
        self.complaints = said

    def go(self, place: str) -> None:
        """To a place of the server, from whatever the page showed before."""
        self.leave(partial(self.page.goto, f"{self.address}{place}", wait_until="commit"))

    def arrive(self) -> None:
        """At the bare address: the board."""
        self.go("/")
        self.page.wait_for_selector("#board table", timeout=PATIENCE)

    def open(self, view: str) -> None:
        """The view of an address that somebody shared."""
        self.go(f"/ui?{view}")
        self.page.wait_for_selector(DRAWN, timeout=PATIENCE)

    def turn_to(self, tab: str) -> None:
        """A tab for which a phone has no room stands in a menu beside the others."""
        menu = self.page.locator(".overflow-menu > button").first
        shown = self.page.get_by_role("tab", name=tab, exact=True)
        if not shown.is_visible():
            menu.click()
            shown = self.page.locator(".overflow-dropdown").get_by_text(tab, exact=True)
        shown.click()

    @property
    def strangers(self) -> list[str]:
        return [url for url in self.asked if not url.startswith((f"{self.address}/", "data:", "blob:"))]

    def listen(self, part: str) -> Callable[[], float]:
        """How soon after the next press that part says that it is being made, in milliseconds."""
        heard = self.page.evaluate_handle(f"part => ({{soon: ({HEARD})(part)}})", part)
        return lambda: heard.evaluate("told => told.soon")

    def drawn(self) -> str:
        return self.page.locator(CANDLES).get_attribute("data-ticker")

    def wait_for(self, ticker: str) -> None:
        self.page.wait_for_selector(f'#chart [data-ticker="{ticker}"]', timeout=PATIENCE)

    def closes(self) -> list[float]:
        return self.page.eval_on_selector(CANDLES, "box => box.drawn.told.close")

    def painted(self, color: str) -> int:
        """How many points of the chart have a colour, such as `#0072b2`."""
        wanted = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
        return self.page.evaluate(PAINTED, [CANDLES, wanted])

    def bodies(self) -> list[str]:
        """What a candle that rose is filled with, and one that fell."""
        own = "box.drawn.chart.panes()[0].getSeries()[0].options()"
        read = f"box => [{own}.upColor, {own}.downColor]"
        return self.page.eval_on_selector(CANDLES, read)

    def shown_days(self) -> float:
        """How many days the chart has on its axis."""
        read = "box => { const {from, to} = box.drawn.chart.timeScale().getVisibleLogicalRange(); return to - from; }"
        return self.page.eval_on_selector(CANDLES, read)


def at_both_widths(page: Page, address: str, view: str) -> Iterator[Visit]:
    """That view on a desk and on a phone. When a visit is over it has asked nobody else for anything, complained of
    nothing, and fitted the screen."""
    for width in WIDTHS:
        visit = Visit(page, address, width=width)
        visit.open(view)
        yield visit
        assert not (found := visit.strangers + visit.complaints), found
        assert page.evaluate("document.documentElement.scrollWidth") <= width
