"""Where the store keeps what it knows of a source: a store that was written before must open."""

from ml_core.data.order import place_order
from ml_core.data.store.store import Store, open_store
from tests.data.refreshing import make_experiment, one_swapped, run
from tests.data.test_yahoo import SESSIONS


def test_all_that_is_kept_of_a_source_lies_in_the_folders_that_it_always_had(home):
    store = open_store(make_experiment(["AAA"]), home)
    places = (
        store.bars.folder, store.findings.folder, store.answers.folder, store.cache, store.fingerprint,
        store.almanac.folder,
    )  # fmt: skip
    assert [place.relative_to(home.root).as_posix() for place in places] == [
        "store/bars/yahoo", "store/quarantine/yahoo", "store/coverage/yahoo", "store/cache/yahoo",
        "store/coverage/yahoo.json", "store/calendars",
    ]  # fmt: skip


def test_opening_a_store_makes_nothing_and_what_is_not_there_yet_reads_as_empty(home):
    store = open_store(make_experiment(["AAA"]), home)
    assert (
        store.bars.read().is_empty() and store.findings.read().is_empty() and store.answers.read().is_empty()
    )
    assert store.bars.version() is None and not home.store.exists()


def test_an_order_and_an_experiment_of_the_same_source_open_the_same_store(market, home):
    market.listings["BBB"] = one_swapped(20)
    run(market, home, until=60)
    by_order = place_order(make_experiment(["ZZZ"]), home).store
    again = Store(home, by_order.source)
    for store in (by_order, again):
        assert store.bars.spans()["AAA"] == (SESSIONS[0], SESSIONS[59], 60)
        assert store.findings.read()["ticker"].to_list() == ["BBB"]
        assert store.answers.read()["ticker"].to_list() == ["AAA", "BBB"]
