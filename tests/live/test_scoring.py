"""Outcomes are scored as they come, once, beside what was written before them; to look every day or once at the end
gives the same rows in every bit."""

import datetime as dt
import shutil
from dataclasses import dataclass

import polars as pl
import pytest

from ml_core.claims.kind import asked_live, unasked_live
from ml_core.data.order import Order, place_order
from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import read_forecast
from ml_core.home.settings import open_home
from ml_core.live.ledger import open_ledger
from ml_core.live.look import Looked, look
from ml_core.prediction.answer import answer
from ml_core.registry.seats import CHALLENGER
from ml_core.registry.versions import Registry
from tests.live.world import BEGIN, EXPERIMENT, evening, live_through, open_market, speak

DAYS = 6


@dataclass
class Lived:
    order: Order
    last: dt.date
    looks: list[Looked]


@pytest.fixture(scope="module")
def lived(new_home) -> Lived:
    order = open_market(new_home())
    speak(order, BEGIN)
    last, looks = live_through(order, BEGIN, days=DAYS)
    return Lived(order, last, looks)


def test_reference_and_challenger_write_every_session_before_its_outcome(lived):
    kept = read_forecast(lived.order.home, lived.order.name)
    assert kept["live"].all()
    assert dict(kept.group_by("seat").agg(pl.col("as_of").n_unique()).iter_rows()) == {
        "reference": DAYS + 1,
        "challenger": DAYS + 1,
    }
    assert (kept["written"].dt.date() == kept["as_of"]).all()


@pytest.mark.parametrize("days", [30, -1], ids=["a month later", "by a clock that was put back"])
def test_what_was_written_after_the_close_of_the_next_session_is_never_scored(lived, days):
    order, past = lived.order, BEGIN - dt.timedelta(days=1 if days > 0 else 2)
    written = evening(lived.last if days > 0 else past) + dt.timedelta(days=max(days, 0))
    answer(order, clock=lambda: written, as_of=past, version=CHALLENGER)
    kept = read_forecast(order.home, order.name, as_of=past)
    assert kept.height
    assert not kept["live"].any()
    assert look(order).scored.rows.is_empty()
    assert open_ledger(order).scores()["as_of"].min() >= BEGIN


def test_each_date_is_scored_when_its_outcome_has_come_and_by_what_then_came(lived):
    scores = open_ledger(lived.order).scores()
    order = scores.filter(pl.col("claim") == "order", pl.col("horizon") == 1)
    assert order.height == DAYS
    assert (order["known"] > order["as_of"]).all()
    day = order["as_of"][4]
    prices = read_prices(EXPERIMENT, lived.order.home)
    closes = prices.pivot(on="date", index="ticker", values="close").sort("ticker")
    came = (closes[f"{order['known'][4]}"] / closes[f"{day}"]).log()
    said = read_forecast(lived.order.home, lived.order.name, as_of=day)
    said = said.filter(pl.col("seat") == "challenger", pl.col("horizon") == 1).sort("ticker")
    expected = pl.DataFrame({"said": said["mean"].rank(), "came": came.rank()})
    told = expected.select(pl.corr("said", "came")).item()
    assert order["difference"][4] == pytest.approx(told, abs=1e-9)
    far = scores.filter(pl.col("claim") == "order", pl.col("horizon") == 3)
    assert far.height == DAYS - 2


def test_a_second_look_finds_nothing_to_do_and_says_so(lived):
    done = look(lived.order)
    assert done.nothing
    assert done.told() == "nothing to do: every outcome that has come is scored"


def test_to_look_once_at_the_end_gives_the_same_rows_in_every_bit(lived, tmp_path):
    home = tmp_path / "copy"
    shutil.copytree(lived.order.home.root, home)
    shutil.rmtree(home / "store" / "live")
    order = place_order(EXPERIMENT, open_home(home))
    look(order)
    once, daily = open_ledger(order), open_ledger(lived.order)
    assert once.terms() == daily.terms()
    assert once.scores().equals(daily.scores())
    assert once.scores().height > 3 * DAYS


def test_what_is_asked_is_fixed_before_the_first_live_date(lived):
    terms = open_ledger(lived.order).terms()
    assert {one.since for one in terms} == {BEGIN}
    asked = [one for one in terms if one.asked]
    assert {one.claim for one in asked} == set(asked_live())
    assert {one.needed for one in asked} == {2 * len(asked) / EXPERIMENT.gate.significance}
    assert all(one.bound > 0 for one in asked)
    assert {one.claim: one.reason for one in terms if not one.asked} == unasked_live()


def test_a_shadow_that_fails_is_told_and_hurts_nobody(lived, tmp_path):
    home = tmp_path / "copy"
    shutil.copytree(lived.order.home.root, home)
    order = place_order(EXPERIMENT, open_home(home))
    challenger = Registry(order.home).find(order.name, CHALLENGER)
    for file in challenger.folder.glob("*.safetensors"):
        file.write_bytes(b"broken")
    for file in challenger.folder.glob("*.json"):
        if file.name != "evidence.json":
            file.write_text("{}")
    day, _ = live_through(order, lived.last, days=1, looking=False)
    assert read_forecast(order.home, order.name, as_of=day)["seat"].unique().to_list() == ["reference"]
    (told,) = speak(order, day).told()
    assert told.startswith(f"in shadow: version {challenger.version} failed: ")
