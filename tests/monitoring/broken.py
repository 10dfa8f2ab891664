"""A small market whose champion is sound, and for each check of monitoring a scene in which it is not."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import Order, place_order
from ml_core.data.prices import read_prices
from ml_core.data.quality.judge import FINDINGS
from ml_core.data.store.forecasts import write_forecast
from ml_core.home.settings import Home
from ml_core.live.ledger import LIVE, open_ledger
from ml_core.live.terms import LiveTerms
from ml_core.monitoring.scene import WatchScene
from ml_core.prediction.answer import stamp
from ml_core.promotion.judge import promote_candidate
from ml_core.registry.searched import Searched
from ml_core.registry.versions import Registry
from tests.candidate import fit_candidate
from tests.market import NOW, small_experiment

EXPERIMENT = small_experiment(
    data={"simulated": {"sessions": 380}}, validation={"train": 200, "test": 24, "holdout": 26, "folds": 1}
)


def make_sound(home: Home) -> Order:
    """Bars, a champion that was seated by hand, and live forecasts of his whose outcomes have come."""
    refresh(EXPERIMENT, home, now=NOW)
    order = place_order(EXPERIMENT, home)
    candidate = fit_candidate(EXPERIMENT, home, Searched(trials=3))
    version = promote_candidate(EXPERIMENT, home, candidate, now=NOW).version
    registry = Registry(home)
    registry.promote(order.name, version.version)
    say(order, width=1.0)
    return order


def say(order: Order, *, width: float, of: tuple[str, ...] = EXPERIMENT.universe.tickers) -> None:
    """Live forecasts of every session since the holdout began, the intervals of some so many times as wide."""
    registry = Registry(order.home)
    champion = registry.find(order.name)
    said = registry.load(champion).predict(
        read_prices(EXPERIMENT, order.home), since=champion.evidence.unseen
    )
    mean, times = pl.col("mean"), pl.when(pl.col("ticker").is_in(of)).then(width).otherwise(1.0)
    said = said.with_columns(
        lower=mean - times * (mean - pl.col("lower")), upper=mean + times * (pl.col("upper") - mean)
    )
    write_forecast(order.home, order.name, stamp(said, champion), written=NOW, live=True)


def copy(order: Order, folder: Path) -> Order:
    """The same in a home of its own, to be broken."""
    shutil.copytree(order.home.root, folder)
    return place_order(EXPERIMENT, Home(folder))


def sound(order: Order) -> WatchScene:
    return WatchScene(order, NOW)


def refuse_bars(order: Order) -> WatchScene:
    """Every bar of the last session is in quarantine."""
    prices = read_prices(EXPERIMENT, order.home)
    last = prices.filter(date=prices["date"].max()).select("ticker", "date")
    rows = last.with_columns(check=pl.lit("units"), verdict=pl.lit("quarantine"), reason=pl.lit("x"))
    blank = [pl.lit(None, kind).alias(name) for name, kind in FINDINGS.items() if name not in rows.columns]
    order.store.findings.keep(rows.with_columns(blank).select(list(FINDINGS)), now=NOW)
    return WatchScene(order, NOW)


def change_unit(order: Order) -> WatchScene:
    """Volatility doubles for twenty sessions, which is what the features are made of."""
    scene = WatchScene(order, NOW)
    since = scene.sessions[-25]
    late, grown = pl.col("date") >= since, ["open", "high", "low", "close"]
    first = pl.col("close").filter(~late).last().over("ticker")
    vars(scene)["prices"] = scene.prices.with_columns(
        pl.when(late).then(first * (pl.col(name) / first) ** 4).otherwise(pl.col(name)).alias(name)
        for name in grown
    )
    return scene


def swap_bars(order: Order) -> WatchScene:
    """One ticker goes on with the moves of another, at its own price."""
    scene = WatchScene(order, NOW)
    one, two = scene.prices["ticker"].unique().sort().head(2).to_list()
    last = scene.prices.filter(pl.col("ticker") == one).sort("date")
    strange = scene.prices.filter(pl.col("ticker") == two, pl.col("date") > last["date"][-7])
    begun = scene.prices.filter(pl.col("ticker") == two, pl.col("date") == last["date"][-7])["close"].item()
    grown = (pl.col(name) * (last["close"][-7] / begun) for name in ("open", "high", "low", "close"))
    strange = strange.with_columns(*grown, ticker=pl.lit(one))
    vars(scene)["prices"] = pl.concat(
        [scene.prices.join(strange, on=["ticker", "date"], how="anti"), strange]
    )
    return scene


def rewrite_bars(order: Order) -> WatchScene:
    """The provider says other prices of the first month."""
    bars = order.store.bars.read(EXPERIMENT.universe.tickers)
    first = bars.filter(pl.col("date") < bars["date"].min() + dt.timedelta(days=30))
    other = first.with_columns(pl.col("close") * 1.01, pl.col("high") * 1.02)
    order.store.bars.write(other, observed_at=NOW)
    return WatchScene(order, NOW)


def succeed(order: Order) -> None:
    """The same model once more, as a later version."""
    registry = Registry(order.home)
    champion = registry.find(order.name)
    again = registry.register(registry.load(champion), order.name, champion.evidence)
    registry.promote(order.name, again.version)


def narrow_one(order: Order) -> WatchScene:
    """A later version says intervals of one ticker that are a fiftieth as wide."""
    succeed(order)
    say(order, width=0.02, of=EXPERIMENT.universe.tickers[:1])
    return WatchScene(order, NOW)


def narrow_intervals(order: Order) -> WatchScene:
    """A later version says intervals a tenth as wide."""
    succeed(order)
    say(order, width=0.1)
    return WatchScene(order, NOW)


def refute_claim(order: Order) -> WatchScene:
    """The ledger says that a claim's e-value against it has passed what is needed."""
    ledger, day = open_ledger(order), dt.date(2019, 3, 1)
    ledger.add_terms([LiveTerms("1", "order", 1, 1, day, needed=100.0, rival="no order", bound=1.0)])
    row = dict.fromkeys(LIVE) | {
        "line": "1", "claim": "order", "horizon": 1, "as_of": day, "known": day, "version": "1", "rows": 6,
        "data_version": 1, "difference": -1.0, "counted": -1.0, "mean": -1.0, "low": -1.0, "high": 0.0,
        "better": 0.1, "refuted": 400.0,
    }  # fmt: skip
    ledger.add_scores(pl.DataFrame([row], schema=LIVE))
    return WatchScene(order, NOW)


def grow_old(order: Order) -> WatchScene:
    """A year has passed in which nobody fitted anything again."""
    scene = WatchScene(order, NOW)
    last = scene.sessions[-1]
    vars(scene)["sessions"] = [*scene.sessions, *(last + dt.timedelta(days=day) for day in range(1, 366))]
    return scene


BREAKS: dict[str, Callable[[Order], WatchScene]] = {
    "bars": refuse_bars,
    "coverage": narrow_one,
    "mixups": swap_bars,
    "rewrites": rewrite_bars,
    "inputs": change_unit,
    "intervals": narrow_intervals,
    "claims": refute_claim,
    "age": grow_old,
}
