"""How fast are ten years of candles drawn, moved and zoomed in a browser?

    python -m benchmarks.candles [--sessions 2520] [--seconds 3]

The chart of the tab Forecast, made of a random walk, in a headless Chromium on a page of its own, with the scripts and
the sheet that the app serves: seconds from the call that draws it to the first frame that shows it, and frames a second
while the range of dates is moved and while it is narrowed, a new range in every frame that the browser grants (60 a
second at most). The tab itself shows two years at most.
"""

import argparse
import datetime as dt
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from playwright.sync_api import sync_playwright

from benchmarks.screenshots import ARGUMENTS, BROWSERS
from serving.figures.candles import draw_outlook
from serving.look.scripts import FOLDER, SCRIPTS
from serving.look.sheet import SHEET
from serving.messages import SingleAnswer

PAGE = """<!doctype html><meta charset="utf-8"><style>SHEET</style><body>
<div id="chart" class="cc-chart" style="width:1100px"><div class="cc-candles" style="height:540px"></div></div>
SCRIPTS<script>
const told = TOLD;
const frame = () => new Promise(requestAnimationFrame);
async function draw() {
  const begun = performance.now();
  candorcastCandles(document.querySelector('#chart'), told);
  await frame();
  await frame();
  return performance.now() - begun;
}
async function move(seconds, zoom) {
  const scale = document.querySelector('.cc-candles').drawn.chart.timeScale();
  const all = told.days.length, begun = performance.now(), until = begun + seconds * 1000;
  let frames = 0;
  while (performance.now() < until) {
    const share = (frames % 60) / 60;
    const from = zoom ? Math.floor(share * 0.9 * all) : Math.floor(share * 0.5 * all);
    scale.setVisibleLogicalRange({from, to: zoom ? all - 1 : from + Math.floor(0.5 * all) - 1});
    await frame();
    frames += 1;
  }
  return frames / ((performance.now() - begun) / 1000);
}
</script>"""


def walk(sessions: int) -> pl.DataFrame:
    """Bars of one ticker on working days, with the columns that the tab has."""
    rng = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.012, sessions)))
    open_ = close * np.exp(rng.normal(0, 0.004, sessions))
    days = pl.date_range(dt.date(2010, 1, 1), dt.date(2040, 1, 1), eager=True)
    frame = pl.DataFrame(
        {
            "date": days.filter(days.dt.weekday() < 6).head(sessions),
            "open": open_,
            "high": np.maximum(open_, close) * 1.005,
            "low": np.minimum(open_, close) * 0.995,
            "close": close,
            "volume": rng.uniform(1e6, 9e6, sessions).round(),
        }
    )
    return frame.with_columns(
        pl.col("close").rolling_mean(span).alias(f"average_{span}") for span in (50, 200)
    )


def silent_answer(history: pl.DataFrame) -> SingleAnswer:
    """Of a forecast that says nothing: what is measured is the candles."""
    last, close = history.select("date", "close").row(-1)
    return SingleAnswer.model_construct(
        ticker="WALK",
        as_of=last,
        last_close=close,
        forecasts=[],
        level=0.9,
        frequency="daily",
        target="return",
    )


def write_page(folder: Path, sessions: int) -> Path:
    history = walk(sessions)
    told = draw_outlook(history, silent_answer(history), days=36_500, ahead=1).tell()
    scripts = "".join(f'<script src="{(FOLDER / name).as_uri()}"></script>' for name in SCRIPTS)
    page = folder / "page.html"
    text = PAGE.replace("SHEET", SHEET).replace("SCRIPTS", scripts).replace("TOLD", json.dumps(told))
    page.write_text(text, encoding="utf-8")
    return page


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=2520)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    chromium = next(path for name in BROWSERS if (path := shutil.which(name)))
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        address = write_page(Path(place), options.sessions).as_uri()
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        drawn = page.evaluate("draw()")
        moved = page.evaluate(f"move({options.seconds}, false)")
        zoomed = page.evaluate(f"move({options.seconds}, true)")
        browser.close()
    print("| candles | first paint, ms | moved, frames/s | zoomed, frames/s |\n|--:|--:|--:|--:|")
    print(f"| {options.sessions:,} | {drawn:.0f} | {moved:.1f} | {zoomed:.1f} |")


if __name__ == "__main__":
    main()
