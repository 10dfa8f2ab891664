"""How soon after a choice does the page show that it works?

    python -m benchmarks.progress [--rounds 10] [--tabs forecast,backtest] [--address http://127.0.0.1:8000]

In a headless Chromium, on the small world of `benchmarks.screenshots` or on a server that is named: a choice is made on
a tab as a visitor makes it, and milliseconds are counted from the event that the browser tells to the first frame in
which something on the screen says that the page works, and to the last frame in which it does: then all is drawn.
"""

import argparse
import shutil
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from playwright.sync_api import Page, sync_playwright

from benchmarks.screenshots import ARGUMENTS, BROWSERS, PATIENCE, given_or_small, settle

WATCH = """marks => {
  const shown = () => [...document.querySelectorAll(marks)].some(one => {
    const {top, bottom, height} = one.getBoundingClientRect();
    return height > 0 && bottom > 0 && top < window.innerHeight && one.checkVisibility({opacityProperty: false});
  });
  window.seen = null;
  const begin = event => {
    if (window.seen) return;
    window.seen = {begun: event.timeStamp};
    const look = now => {
      if (shown()) { window.seen.first ??= performance.now(); window.seen.last = performance.now(); }
      if (performance.now() - window.seen.begun < 20000) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
  for (const kind of ['mousedown', 'keydown']) document.addEventListener(kind, begin, {capture: true});
}"""
MARKS = ".tabitem .progress-text, .tabitem .generating"
HEARD = "window.seen && window.seen.first && performance.now() - window.seen.last > 600"


@dataclass(frozen=True)
class Choice:
    """What is done on which tab; `prepare` comes before the event that counts."""

    name: str
    tab: str
    prepare: Callable[[Page], None]
    choose: Callable[[Page], None]


def pick(field: str, names: list[str]) -> tuple[Callable[[Page], None], Callable[[Page], None]]:
    """One after the other of a list."""
    others = cycle(names)
    return (
        lambda page: page.locator(f"#{field} input").click(),
        lambda page: page.get_by_role("option", name=next(others), exact=True).dispatch_event("mousedown"),
    )


def press(keys: str) -> Callable[[Page], None]:
    return lambda page: page.keyboard.press(keys)


def list_choices() -> Iterator[Choice]:
    yield Choice("Forecast: ticker", "forecast", *pick("ticker", ["BRAV", "CHAR", "DELT", "ECHO"]))
    yield Choice("Explain: ticker", "explain", *pick("explain-ticker", ["BRAV", "CHAR", "DELT", "ECHO"]))
    yield Choice(
        "Backtest: strategy", "backtest", *pick("backtest-kind", ["Long only", "By sign", "Automatic"])
    )
    cost = partial(lambda page: page.locator("#backtest-cost input[type=range]").focus())
    yield Choice("Backtest: cost", "backtest", cost, press("ArrowRight"))


def measure(page: Page, choice: Choice) -> tuple[float, float]:
    """To the first frame that says it, and to the last."""
    choice.prepare(page)
    page.wait_for_timeout(400)
    page.evaluate("() => { window.seen = null; }")
    choice.choose(page)
    page.wait_for_function(HEARD, timeout=PATIENCE)
    page.wait_for_timeout(300)
    begun, first, last = page.evaluate("[window.seen.begun, window.seen.first, window.seen.last]")
    return first - begun, last - begun


def tell(taken: Sequence[float]) -> str:
    return f"{statistics.median(taken):.0f} | {max(taken):.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--tabs", default="forecast,explain,backtest")
    parser.add_argument("--address")
    options = parser.parse_args()
    chromium = next(path for name in BROWSERS if (path := shutil.which(name)))
    with sync_playwright() as playwright, given_or_small(options.address) as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        print("| choice | shown, ms: median | worst | drawn: median | worst |\n|---|--:|--:|--:|--:|")
        for choice in [one for one in list_choices() if one.tab in options.tabs.split(",")]:
            page = browser.new_page()
            page.goto(f"{address}/ui?tab={choice.tab}", timeout=PATIENCE)
            settle(page)
            page.evaluate(WATCH, MARKS)
            shown, drawn = zip(*(measure(page, choice) for _ in range(options.rounds)), strict=True)
            print(f"| {choice.name} | {tell(shown)} | {tell(drawn)} |", flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
