"""A small world whose bars come from a Yahoo on loopback, which lists more than the experiment names."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import place_order
from ml_core.home.settings import Home, open_home
from ml_core.promotion.judge import promote_candidate
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Data, Experiment
from serving.service import Service
from tests.candidate import fit_candidate
from tests.data.loopback_yahoo import Listing, LoopbackYahoo
from tests.data.test_yahoo import PATIENT
from tests.market import NOW, TICKERS, simulate_prices, small_experiment
from tests.serving.world import SEARCHED

LISTED, NEW, BEHIND = TICKERS[:4], "TSLA", "OLDS"


@dataclass
class ListedWorld:
    experiment: Experiment
    home: Home
    yahoo: LoopbackYahoo

    def service(self) -> Service:
        order = place_order(self.experiment, self.home)
        return Service(order, clock=lambda: NOW, session=self.yahoo.session())

    def joint(self, folder: Path) -> "ListedWorld":
        """The same with a joint model as its champion, in a home of its own."""
        home = open_home(shutil.copytree(self.home.root, folder))
        task = self.experiment.task.model_copy(update={"layout": "joint"})
        other = replace(self, experiment=self.experiment.model_copy(update={"task": task}), home=home)
        other.promote()
        return other

    def promote(self) -> None:
        candidate = fit_candidate(self.experiment, self.home, SEARCHED)
        version = promote_candidate(self.experiment, self.home, candidate, now=NOW).version
        Registry(self.home).promote(self.experiment.model_name, version.version)


@contextmanager
def open_listed(folder: Path) -> Iterator[ListedWorld]:
    """Refreshed, fitted, judged, promoted. TSLA is listed and nobody has asked for it; of OLDS there are old bars."""
    bars = _list_bars()
    patience = PATIENT | {"budget": 1.0, "wait": 0.3}
    with LoopbackYahoo(bars) as yahoo:
        data = Data.model_validate(
            {
                "source": "yahoo",
                "start": bars["ALFA"].rows[0][0],
                "yahoo": patience,
            }
        )
        experiment = small_experiment(
            universe={"tickers": LISTED}, gate={"beat": ["last"], "coverage_tolerance": 0.5}
        ).model_copy(update={"data": data})
        home = open_home(folder)
        refresh(experiment, home, now=NOW, session=yahoo.session())
        world = ListedWorld(experiment, home, yahoo)
        world.promote()
        yield world


def _list_bars() -> dict[str, Listing]:
    prices = simulate_prices()
    names = ("date", "open", "high", "low", "close", "close", "volume")
    rows = {
        ticker: prices.filter(ticker=ticker)
        .select(**{f"{place}": name for place, name in enumerate(names)})
        .rows()
        for ticker in TICKERS[:6]
    }
    listings = {ticker: Listing(rows[ticker]) for ticker in LISTED}
    return listings | {NEW: Listing(rows[TICKERS[4]]), BEHIND: Listing(rows[TICKERS[5]][:-30])}
