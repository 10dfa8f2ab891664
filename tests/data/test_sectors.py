"""Sectors: the experiment's word first, else the source's, which is asked once."""

import dataclasses

import pytest

from ml_core.data.sectors import read_sectors
from ml_core.settings import open_home
from tests.data.loopback_yahoo import Listing, LoopbackYahoo
from tests.data.test_refresh import make_experiment, run
from tests.data.test_yahoo import QUICK, SESSIONS, make_rows


@pytest.fixture
def market():
    rows = make_rows(SESSIONS[:10])
    listings = {"AAA": Listing(rows, sector="Energy"), "BBB": Listing(rows, sector="Utilities")}
    with LoopbackYahoo(listings) as server:
        yield server


def test_a_sector_is_asked_for_once_and_kept(market, tmp_path):
    home, options = open_home(tmp_path), {"yahoo": QUICK | {"sectors": True}}
    run(market, home, until=10, **options)
    asked = market.asked["summary"]
    assert asked >= 2
    assert read_sectors(make_experiment(["AAA", "BBB"]), home) == {"AAA": "Energy", "BBB": "Utilities"}
    run(market, home, until=10, **options)
    assert market.asked["summary"] == asked


def test_what_the_experiment_says_of_a_sector_holds(market, tmp_path):
    home = open_home(tmp_path)
    run(market, home, until=10, yahoo=QUICK | {"sectors": True})
    experiment = make_experiment(["AAA", "BBB"])
    universe = experiment.universe.model_copy(update={"sectors": {"AAA": "Shipping"}})
    said = experiment.model_copy(update={"universe": universe})
    assert read_sectors(said, home) == {"AAA": "Shipping", "BBB": "Utilities"}


def test_a_sector_that_does_not_come_costs_no_bar_and_is_asked_for_again(market, tmp_path):
    home, listings = open_home(tmp_path), dict(market.listings)
    run(market, home, until=10)
    market.listings.clear()
    options = {"yahoo": QUICK | {"sectors": True}}
    assert not run(market, home, until=10, **options).partial
    assert read_sectors(make_experiment(["AAA"]), home) == {}
    market.listings |= {ticker: dataclasses.replace(listing) for ticker, listing in listings.items()}
    run(market, home, until=10, **options)
    assert read_sectors(make_experiment(["AAA"]), home) == {"AAA": "Energy"}
