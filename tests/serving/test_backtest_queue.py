"""A backtest that is asked for over the API has the numbers of the app and the command line, and is paid for alike."""

import threading

import pytest

from ml_core.claims.verdict import ClaimVerdict
from ml_core.data.prices import read_prices
from ml_core.errors import AlreadyRunning
from ml_core.portfolio.comparison import STRATEGY
from ml_core.walkforward.trading import weigh
from ml_core.walkforward.unseen import forecast_unseen
from serving.backtest_queue import WAITING, Jobs
from serving.backtests import BacktestSettings
from serving.ui.backtest import show_backtest
from tests.serving.conftest import open_client

PATH = "/portfolio/backtest"


@pytest.fixture(scope="module")
def client(service):
    return open_client(service)


@pytest.fixture
def proven(own_world):
    """Of its champion it is proven that trading it pays."""
    claim = ClaimVerdict("money", 1, "proven", "it earned more than luck", adjusted=0.01)
    evidence = own_world.evidence.model_copy(update={"claims": (claim,)})
    made = own_world.registry.register(own_world.forecaster, own_world.name, evidence)
    own_world.registry.promote(own_world.name, made.version)
    return own_world.service()


def ask(client, **body) -> dict:
    """However long it takes: the same question is asked until it is answered."""
    answer = client.post(PATH, json=body)
    while answer.status_code == 202:
        assert answer.json()["state"] == "running"
        assert answer.headers["retry-after"] == "1"
        answer = client.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_its_numbers_are_those_of_the_command_and_of_the_tab(client, service, world):
    told = ask(client)
    prices, registered = read_prices(world.experiment, world.home), world.registry.find(world.name)
    known = weigh(
        world.experiment, prices, forecast_unseen(world.registry, registered, prices), trials=told["trials"]
    )["holdout"]
    own = known.risk[STRATEGY]
    assert {name: own[name] for name in told["measures"][STRATEGY]} == told["measures"][STRATEGY]
    assert set(told["measures"]) == {"strategy", "buy_and_hold", "equal_weight", "zero_forecast"}
    assert told["equity"][STRATEGY][-1] - 1 == pytest.approx(own["cumulative"])
    assert len(told["dates"]) == len(told["equity"][STRATEGY])
    assert told["trials"] == service.backtest(BacktestSettings()).trials
    assert told["positions"], "something is held"


def test_each_setting_counts_once_for_whoever_tries_it_and_what_is_refused_does_not(service):
    client = open_client(service)
    before = ask(client)["trials"]
    assert ask(client)["tried"] == 1
    assert ask(client, settings={"cost_bps": 10})["tried"] == 2
    refused = client.post(PATH, json={"settings": {"cost_bps": -1}})
    assert refused.status_code == 422
    assert "strategy.cost_bps" in refused.json()["error"]
    again = ask(client)
    assert (again["tried"], again["trials"]) == (2, before + 1)
    other = open_client(service, api_key="a-long-secret")
    answer = other.post(PATH, json={}, headers={"X-API-Key": "a-long-secret"})
    assert answer.json()["tried"] == 1, "each visitor pays for his own"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"start_date": "2001-01-01"}, "start_date: the model learned from what lies before"),
        ({"end_date": "2099-01-01"}, "end_date: no session after 2019-"),
        ({"start_date": "2019-08-09", "end_date": "2019-08-01"}, "the first day is after the last"),
        ({"strategy": "yolo"}, "strategy: expected 'auto', 'single', 'cross_section'"),
        ({"settings": {"cost": 5}}, "strategy: unknown key 'cost'; did you mean 'cost_bps'?"),
        (
            {"settings": {"combine": "sharpe"}},
            "strategy: combine 'sharpe' weighs strategies against each other",
        ),
        ({"settings": {"cost_bps": {}}}, "settings.cost_bps"),
        (
            {"settings": {f"key_{number}": 1 for number in range(41)}},
            "settings: expected a table of at most 40 keys",
        ),
        ({"begin": "2019-01-01"}, "unknown field 'begin'"),
    ],
)
def test_what_cannot_be_traded_is_refused_in_one_line(client, body, line):
    answer = client.post(PATH, json=body)
    assert answer.status_code == 422
    assert line in answer.json()["error"]


@pytest.mark.parametrize(
    "name", ["single", "cross_section", "ensemble", "regime", "combined", "long_only", "sign", "auto"]
)
def test_every_strategy_has_a_name_by_which_it_is_traded_and_held(client, name):
    traded = ask(client, strategy=name)
    assert traded["measures"][STRATEGY]["cumulative"] is not None
    if name == "ensemble":
        assert traded["strategy"]["horizons"] == [1, 3, 5]
    if name == "combined":
        assert [part["kind"] for part in traded["strategy"]["parts"]] == ["single", "long_short"]
    told = client.post("/predictions/batch", json={"strategy": name}).json()
    assert set(told["positions"]) == {one["ticker"] for one in told["predictions"]}
    (first, *_) = told["predictions"]
    alone = client.post("/predictions/single", json={"ticker": first["ticker"], "strategy": name}).json()
    assert alone["position"] == told["positions"][first["ticker"]]
    assert sum(abs(one["weight"]) for one in told["positions"].values()) <= 1 + 1e-9


def test_only_settings_that_were_judged_are_called_proven_and_of_others_it_is_said_that_they_were_not(proven):
    client = open_client(proven)
    own = ask(client)
    assert (own["proven"], own["judged"]) == (True, "It is proven that trading so pays")
    assert ask(client, strategy="cross_section", settings={"cost_bps": 5})["proven"], (
        "the same by another name"
    )
    for other in ({"settings": {"cost_bps": 200}}, {"strategy": "sign"}, {"settings": {"smoothing": 2}}):
        told = ask(client, **other)
        assert not told["proven"]
        assert told["judged"].startswith("These settings were never judged")
    assert "It is proven that trading so pays." in show_backtest(proven, [], "auto", 0.2, 5.0, 0.0)[0].about
    shown, _ = show_backtest(proven, [], "auto", 0.2, 50.0, 0.0)
    assert "These settings were never judged" in shown.about
    assert "It is proven" not in shown.about


def test_one_that_takes_long_tells_how_far_it_is_and_is_reckoned_once(service):
    go_on, calls = threading.Event(), []

    def reckon(settings, *, version, tried, tell):
        calls.append(tried)
        tell("asking the model")
        assert go_on.wait(30)
        return service.backtest(settings, version=version, tried=tried)

    jobs, stamp = Jobs(reckon), service.stamp()
    for _ in range(3):
        answer = jobs.ask("anna", BacktestSettings(), stamp, wait=0.2)
        assert (answer.state, answer.measures) == ("running", None)
    assert answer.told == "asking the model"
    for number in range(WAITING):
        jobs.ask("anna", BacktestSettings({"cost_bps": float(number)}), stamp, wait=0)
    with pytest.raises(AlreadyRunning, match="ask again in a while"):
        jobs.ask("anna", BacktestSettings({"cost_bps": 99.0}), stamp, wait=0)
    go_on.set()
    assert jobs.ask("anna", BacktestSettings(), stamp, wait=30).state == "done"
    assert calls[0] == 1


def test_however_many_settings_are_tried_all_are_counted_though_not_all_are_known_by_name(service):
    made = service.backtest(BacktestSettings())
    jobs, stamp = Jobs(lambda *_, **__: made, remembered=2), service.stamp()

    def count(cost: float) -> int | None:
        return jobs.ask("anna", BacktestSettings({"cost_bps": cost}), stamp, wait=30).tried

    assert [count(cost) for cost in (1.0, 2.0, 3.0, 4.0)] == [1, 2, 3, 4]
    assert count(3.0) == 4, "known by name: it counts once"
    assert count(1.0) == 5, "forgotten: it counts anew, on the strict side"


def test_of_a_prediction_as_of_and_date_are_the_same_word(client):
    by = {
        name: client.post("/predictions/batch", json={name: "2019-06-03"}).json()
        for name in ("as_of", "date")
    }
    assert by["as_of"] == by["date"]
    both = {"ticker": "ALFA", "as_of": "2019-06-03", "date": "2019-06-04"}
    assert (
        client.post("/predictions/single", json=both)
        .json()["error"]
        .startswith("as_of, date: both name the day")
    )
