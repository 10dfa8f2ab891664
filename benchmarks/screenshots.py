"""What does every tab of the app look like, on a desk, on a phone and in the dark?

    python -m benchmarks.screenshots FOLDER [--address http://127.0.0.1:8000] [--tabs today,forecast] [--looks desk]

Writes a picture of each tab into the folder: the whole page, as a visitor sees it after it was drawn. Without an
address a small world is made and served: six tickers, a network, a search of which the trials are drawn at random,
forty looks of monitoring that are drawn too, and a second experiment beside it. It tells of each picture whether the
page is wider than the screen, which it must not be, and how many tables have to be scrolled inside.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.http_client import free_port, serve, write_request
from benchmarks.serving import tell_environment
from flows.stack.web import server_command
from serving.ui._tab import load_tabs
from tests.serving.looked import look_back
from tests.serving.searched import choose, end_trials
from tests.serving.world import build_world

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 120_000
WIDER = "document.documentElement.scrollWidth > window.innerWidth"
SCROLLED = (
    "[...document.querySelectorAll('.cc-scroll')].filter(one => one.scrollWidth > one.clientWidth + 1).length"
)
SHOWN = (
    "[...document.querySelectorAll('.tabitem .cc-panel, .tabitem .cc-notice')].some(one => one.offsetParent)"
)
REST = 2500  # milliseconds for what is drawn last
QUIET = "!document.querySelector('.generating, .pending, .progress-text')"


@dataclass(frozen=True)
class Look:
    """A screen, and whether it is dark."""

    name: str
    width: int
    height: int
    dark: bool = False


LOOKS = {
    look.name: look
    for look in (
        Look("desk", 1280, 900),
        Look("phone", 390, 844),
        Look("dark", 1280, 900, True),
        Look("phone-dark", 390, 844, True),
    )
}


@contextmanager
def serve_small() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        world = build_world(folder / "home")
        choose(world, end_trials(world.experiment, world.home))
        look_back(world)
        port = free_port()
        environment = tell_environment(folder, [world, world.beside("other")])
        with serve(server_command("127.0.0.1", port), port, environment, write_request("/health")):
            yield f"http://127.0.0.1:{port}"


def draw(browser: Browser, address: str, tab: str, look: Look, folder: Path) -> None:
    scheme = "dark" if look.dark else "light"
    page = browser.new_page(viewport={"width": look.width, "height": look.height}, color_scheme=scheme)
    page.goto(f"{address}/ui?tab={tab}", timeout=PATIENCE)
    settle(page)
    file = folder / f"{tab}-{look.name}.png"
    page.screenshot(path=file, full_page=True)
    wide, scrolled = page.evaluate(WIDER), page.evaluate(SCROLLED)
    print(
        f"{file.name}: {'WIDER THAN THE SCREEN' if wide else 'fits'}, {scrolled} tables scroll inside",
        flush=True,
    )
    page.close()


def settle(page: Page) -> None:
    """Until nothing is drawn any more."""
    page.wait_for_selector(".cc-head", timeout=PATIENCE)
    page.wait_for_function(SHOWN, timeout=PATIENCE)
    page.wait_for_function(QUIET, timeout=PATIENCE)
    page.wait_for_timeout(REST)


def read_options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--address", help="of a server that runs already")
    for option, known in (("--tabs", [tab.name for tab in load_tabs()]), ("--looks", list(LOOKS))):
        told = f"of {', '.join(known)}, parted by commas; all of them if left out"
        parser.add_argument(option, type=_some_of(known), default=known, help=told)
    return parser.parse_args(words)


def _some_of(known: Collection[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        names = text.split(",")
        if strange := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"'{strange[0]}' is none of {', '.join(known)}")
        return names

    return read


def main(words: Sequence[str] | None = None) -> None:
    options = read_options(words)
    options.folder.mkdir(parents=True, exist_ok=True)
    chromium = next(path for name in BROWSERS if (path := shutil.which(name)))
    with sync_playwright() as playwright, given_or_small(options.address) as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for look in options.looks:
            for tab in options.tabs:
                draw(browser, address, tab, LOOKS[look], options.folder)
        browser.close()


@contextmanager
def given_or_small(address: str | None) -> Iterator[str]:
    if address:
        yield address
    else:
        with serve_small() as own:
            yield own


if __name__ == "__main__":
    main()
