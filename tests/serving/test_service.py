"""What is served: the same numbers as the command line's, for any moment, and nothing broken replaces it."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import place_order
from ml_core.data.prices import read_prices
from ml_core.errors import BrokenArtifact, InvalidInput, NoChampion, NotEnoughData, UnknownTicker
from ml_core.home.settings import open_home
from ml_core.portfolio.conviction import MEASURED
from ml_core.portfolio.strategies import build_positions
from ml_core.prediction import answer as predicted
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Data
from ml_core.spec.serving import Serving
from ml_core.spec.strategy import Strategy
from serving.champion import RETRY
from serving.service import Service
from serving.ui import show_head
from serving.ui.forecast import show_forecast
from tests.market import NOW
from tests.serving.world import LISTED, STRANGER, World, build_world, store_bars

PAST = dt.date(2019, 6, 3)


@pytest.mark.parametrize("date", [None, PAST])
def test_what_is_served_equals_what_the_command_predicts_in_every_bit(world, service, date):
    table = predicted.answer(place_order(world.experiment, world.home), clock=lambda: NOW, as_of=date).table
    for ticker in LISTED:
        answer = service.single(ticker, date=date)
        rows = table.filter(table["ticker"] == ticker).sort("horizon")
        assert answer.as_of == rows["as_of"][0]
        assert [one.mean for one in answer.forecasts] == rows["mean"].to_list()
        assert [one.lower for one in answer.forecasts] == rows["lower"].to_list()
        assert [one.upper for one in answer.forecasts] == rows["upper"].to_list()


def test_a_ticker_is_found_in_either_case(service):
    assert service.single("alfa").ticker == "ALFA"


def test_the_implied_price_follows_from_the_close_as_traded(world, service):
    answer = service.single("ALFA")
    last = read_prices(world.experiment, world.home).filter(ticker="ALFA").tail(1)
    assert answer.last_close == pytest.approx((last["close"] / last["factor"]).item())
    for one in answer.forecasts:
        assert one.price == pytest.approx(answer.last_close * (1 + one.change))
        assert one.price_lower < one.price < one.price_upper
    assert [one.date for one in answer.forecasts] == sorted(one.date for one in answer.forecasts)
    assert answer.forecasts[0].date > answer.as_of


def test_a_day_without_a_session_is_answered_from_the_session_before(service):
    answer = service.single("ALFA", date=dt.date(2019, 6, 2))
    assert answer.as_of == dt.date(2019, 5, 31)
    assert any("No session of 2019-06-02 is stored" in note for note in answer.notes)


def test_a_date_the_model_learned_from_is_marked(service, world):
    held_out = world.evidence.holdout.start
    assert not service.single("ALFA", date=held_out).in_sample
    before = service.single("ALFA", date=held_out - dt.timedelta(days=1))
    assert before.in_sample
    assert "learned" in before.notes[0]


def test_dates_outside_what_is_known_are_refused(service):
    with pytest.raises(InvalidInput, match="future"):
        service.single("ALFA", date=NOW.date() + dt.timedelta(days=1))
    with pytest.raises(NotEnoughData, match="no prices up to 1990-01-01"):
        service.single("ALFA", date=dt.date(1990, 1, 1))
    with pytest.raises(NotEnoughData, match="too little history") as refused:
        service.single("ALFA", date=dt.date(2018, 1, 4))
    first = dt.date.fromisoformat(str(refused.value)[-10:])
    assert service.single("ALFA", date=first).as_of == first
    with pytest.raises(NotEnoughData, match=f"the first day that can be answered is {first}"):
        service.single("ALFA", date=first - dt.timedelta(days=1))


def test_a_stranger_with_stored_bars_is_answered_by_a_pooled_model(service):
    before = service.single("ALFA")
    assert service.single(STRANGER.lower()).ticker == STRANGER
    assert service.single("ALFA") == before


def test_an_unknown_ticker_is_told_what_is_known_and_how_to_add_it(service):
    with pytest.raises(
        UnknownTicker,
        match=r"no bars stored for 'QQQQ', and the source simulated cannot be asked for a ticker by its name; "
        r"known: ALFA, .*; add it to universe.tickers and run: candorcast refresh",
    ):
        service.single("QQQQ")
    near = r"; did you mean 'BRAV'\? If not, add it to universe.tickers and run: candorcast refresh small"
    with pytest.raises(UnknownTicker, match=near):
        service.single("BRAVO")


def test_a_joint_model_refuses_strangers(world, tmp_path):
    joint = build_world(tmp_path, blank=world.blank, task={"layout": "joint"}).service()
    assert joint.single("ALFA").forecasts
    with pytest.raises(UnknownTicker, match="joint model"):
        joint.single(STRANGER)


def test_a_weekly_model_answers_from_weeks_that_are_over(world, tmp_path):
    weekly = build_world(
        tmp_path,
        blank=world.blank,
        task={"frequency": "weekly"},
        market={"sessions": 1000},
        validation={"train": 80, "test": 12, "holdout": 30},
    ).service()
    answer = weekly.single("ALFA")
    assert answer.frequency == "weekly"
    assert {one.date.weekday() for one in answer.forecasts} == {4}
    assert answer.forecasts[0].date > answer.as_of
    assert weekly.history("ALFA")["date"].diff().max() < dt.timedelta(days=7)


def test_a_model_of_ranks_names_no_price(world, tmp_path):
    ranks = build_world(tmp_path, blank=world.blank, task={"target": "rank"}).service()
    answer = ranks.single("ALFA")
    assert {one.price for one in answer.forecasts} == {None}
    assert "no price follows" in answer.notes[-1]
    assert show_forecast(ranks, "ALFA", 5, 90, None).chart is not None


def test_a_batch_answers_whom_it_can_and_names_the_others(service):
    batch = service.batch(["echo", "NOPE", STRANGER, "ALFA", "ALFA"])
    assert [one.ticker for one in batch.predictions] == ["ECHO", STRANGER, "ALFA"]
    assert list(batch.failed) == ["NOPE"]
    assert [one.ticker for one in service.batch().predictions] == list(LISTED)
    with pytest.raises(UnknownTicker):
        service.batch(["NOPE"])


def test_a_strategy_says_its_position(service):
    positions = {ticker: service.single(ticker, strategy="long_short").position for ticker in LISTED}
    assert {position.strategy for position in positions.values()} == {"long_short"}
    assert sum(position.weight for position in positions.values()) == pytest.approx(0)
    assert sum(abs(position.weight) for position in positions.values()) == pytest.approx(1)


def test_a_position_by_conviction_is_that_of_the_backtest_on_the_same_sessions(world, service):
    """The year of forecasts before the date is its measure, as it is the backtest's."""
    prices = read_prices(world.experiment, world.home)
    since = prices["date"].unique().sort()[-MEASURED]
    table = world.forecaster.predict(prices, since=since)
    held = build_positions(table, Strategy(kind="single"), horizon=1).filter(date=table["as_of"].max())
    told = {ticker: service.single(ticker, strategy="single").position.weight for ticker in LISTED}
    assert told == dict(held.select("ticker", "weight").iter_rows())
    assert max(abs(weight) for weight in told.values()) > 0.25 / len(LISTED)


def test_a_position_of_hold_or_do_not_is_a_whole_share_by_the_sign_of_the_forecast(service):
    for ticker in LISTED:
        answer = service.single(ticker, strategy="sign")
        rises = answer.forecasts[0].mean > 0
        assert answer.position.weight == pytest.approx((1 if rises else -1) / len(LISTED))
        held = service.single(ticker, strategy="long_only").position.weight
        assert held == pytest.approx(rises / len(LISTED))


def test_without_a_champion_one_line_says_what_to_run_and_registering_ends_it(own_world: World):
    service = own_world.service()
    with pytest.raises(NoChampion, match="run: candorcast predict small"):
        service.single("ALFA")
    assert service.health().status == "waiting"
    own_world.register()
    service.look()
    assert service.health().status == "ok"


def test_a_new_champion_is_served_after_a_look(own_world: World):
    own_world.register()
    service = own_world.service()
    assert service.single("ALFA").version == "1"
    own_world.register(promote=False)
    service.look()
    assert service.single("ALFA").version == "1"
    own_world.registry.promote(own_world.name, "2")
    service.look()
    assert service.single("ALFA").version == "2"
    assert service.info("1").served is False


def test_a_broken_champion_never_replaces_a_good_one(own_world: World):
    own_world.register()
    clock = [NOW]
    service = Service(place_order(own_world.experiment, own_world.home), clock=lambda: clock[0])
    good = service.single("ALFA")
    broken = own_world.register()
    weights = broken.folder / "weights.safetensors"
    sound = weights.read_bytes()
    weights.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    for _ in range(2):
        service.look()
        assert service.single("ALFA") == good
        health = service.health()
        assert (health.status, health.version) == ("degraded", "1")
        assert "checksum" in (health.failure or "")
        assert str(own_world.home.root) not in (health.failure or "")
    weights.write_bytes(sound)
    clock[0] += RETRY
    service.look()
    assert (service.health().status, service.health().version) == ("ok", "2")


def test_a_first_champion_that_is_broken_is_refused_by_name(own_world: World):
    broken = own_world.register()
    (broken.folder / "weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(BrokenArtifact, match="checksum"):
        own_world.service().single("ALFA")


def test_new_bars_are_served_after_a_look(world: World, tmp_path: Path):
    early = dt.datetime(2019, 8, 1, tzinfo=dt.UTC)
    own = world.elsewhere(tmp_path, now=early)
    own.register()
    service = own.service()
    before = service.single("ALFA")
    assert before.as_of <= early.date()
    store_bars(own.experiment, own.home)
    service.look()
    after = service.single("ALFA")
    assert after.as_of > before.as_of
    assert after.data_version > before.data_version
    assert service.single("ALFA", date=before.as_of).forecasts == before.forecasts


@pytest.mark.parametrize(
    ("refit", "cause", "command"),
    [
        (0, "promotion", "predict small --home {} --set serving.refit=24"),
        (10, "promotion", "predict small --home {}"),
        (24, "hand", "search small --home {} --afresh"),
    ],
)
def test_a_model_that_nobody_fitted_again_is_told_with_what_does(own_world: World, refit, cause, command):
    own_world.register(promote=False)
    own_world.registry.promote(own_world.name, "1", cause=cause)
    often = own_world.experiment.model_copy(update={"serving": Serving(refit=refit)})
    service = Service(place_order(often, own_world.home), clock=lambda: NOW)
    health, command = service.health(), command.format(own_world.home.root)
    assert (health.status, health.old) == ("old", None)
    assert health.old_model is not None
    held_out = own_world.evidence.holdout.start
    assert health.old_model.startswith(f"version 1 knows no outcome after {held_out}, 39 sessions ago: ")
    assert health.old_model.endswith(f"run: candorcast {command}")
    assert service.info().old == service.info("1").old == health.old_model
    assert f"<code>candorcast {command}</code>" in show_head(service)
    young = own_world.service()
    assert (young.health().status, young.health().old_model, young.info().old) == ("ok", None, None)


def test_old_prices_are_told_by_health_and_newer_ones_asked_for(world, tmp_path):
    bars = read_prices(world.experiment, world.home)
    last = max(bars["date"])
    bars.select("ticker", "date", "open", "high", "low", "close", "volume").write_parquet(
        tmp_path / "bars.parquet"
    )
    data = Data.model_validate({"source": "files", "files": {"path": str(tmp_path / "bars.parquet")}})
    experiment, home = world.experiment.model_copy(update={"data": data}), open_home(tmp_path / "home")
    shutil.copy(world.blank, home.root / "mlflow.db")
    refresh(experiment, home, now=NOW)
    registry, order = Registry(home), place_order(experiment, home)
    registry.register(world.forecaster, order.name, world.evidence)
    registry.promote(order.name, "1")
    newest = dt.datetime.combine(last, dt.time(23), dt.UTC)
    fresh = Service(order, clock=lambda: newest).health()
    assert (fresh.status, fresh.old) == ("ok", None)
    stale = Service(order, clock=lambda: newest + dt.timedelta(days=30)).health()
    assert stale.status == "old"
    assert stale.old is not None and stale.old.startswith(f"prices end on {last}, ")
    assert stale.old.endswith(f"sessions ago; run: candorcast refresh small --home {home.root}")
