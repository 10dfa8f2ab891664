"""Live evidence from end to end on a real server: a challenger whom the holdout refused sits down when what came proves
him, Prefect hears of it, and the forecast that follows is his."""

from pathlib import Path

import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import write_forecast
from ml_core.prediction.answer import stamp
from ml_core.registry.seats import CHALLENGER, CHAMPION, REFERENCE
from ml_core.registry.versions import Registry
from tests.flows.running_stack import Running
from tests.live.world import BEGIN, EXPERIMENT, open_market
from tests.market import NOW, write_experiment


@pytest.mark.timeout(900)
def test_a_challenger_that_is_proven_live_takes_the_seat_prefect_hears_of_it_and_he_answers(
    stack: Running, tmp_path: Path
) -> None:
    order = open_market(stack.home)
    refresh(EXPERIMENT, stack.home, now=NOW)
    registry, prices = Registry(stack.home), read_prices(EXPERIMENT, stack.home)
    challenger = registry.find(order.name, CHALLENGER)
    for sitting in (registry.find(order.name, REFERENCE), challenger):
        said = registry.load(sitting).predict(prices, since=BEGIN)
        write_forecast(stack.home, order.name, stamp(said, sitting), written=NOW, live=True)
    file = write_experiment(tmp_path, **EXPERIMENT.model_dump(mode="json", exclude_none=True))

    scored = stack.finish("score/tiny", experiment=str(file))
    assert scored["state_type"] == "COMPLETED", scored["state"]["message"]
    assert f"version {challenger.version} proved live: order 1" in scored["state"]["message"]
    assert registry.find(order.name, CHAMPION).version == challenger.version
    assert registry.moves(order.name)[-1].cause == "live"

    def heard() -> dict[str, dict]:
        asked = {"filter": {"event": {"prefix": ["candorcast."]}}}
        told = stack.post("/events/filter", asked)
        assert isinstance(told, dict)
        mine = f"candorcast.model.{order.name}"
        return {one["event"]: one for one in told["events"] if one["resource"]["prefect.resource.id"] == mine}

    stack.wait_for(lambda: "candorcast.seat-taken" in heard(), what="the event of the seat")
    assert "candorcast.claim-proven" in heard()
    taken = heard()["candorcast.seat-taken"]
    assert taken["payload"]["version"] == challenger.version
    assert taken["payload"]["why"] == f"version {challenger.version} proved live: order 1"

    def answered() -> list[dict]:
        return [run for run in stack.ended("predict/tiny") if run["parameters"]["experiment"] == str(file)]

    stack.wait_for(answered, what="the forecast after the score")
    assert answered()[0]["state_type"] == "COMPLETED", answered()[0]["state"]["message"]
    assert registry.find(order.name).version == challenger.version
