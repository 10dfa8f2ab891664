"""Where a simple rival did better on the holdout, an answer says so."""

import pytest

from ml_core.reporting.rivals import tell_rivals


@pytest.fixture
def told(world):
    return tell_rivals(world.registry.find(world.name))


def test_each_horizon_at_which_a_rival_was_ahead_is_named_with_both_figures(world, told):
    rows = [one for one in world.evidence.holdout_scores if one.metric == "ic" and one.ticker == "*"]
    assert rows
    for row in rows:
        best = max(one.value for one in row.beside.values() if one.value is not None)
        named = f"{best:.3f} beside {row.value:.3f} ({row.horizon} ahead)"
        assert (named in told) == (best > row.value)


def test_the_board_the_forecast_and_the_api_say_it(service, client, told):
    assert told in service.board().notes
    assert told in client.post("/predictions/single", json={"ticker": "ALFA"}).json()["notes"]
