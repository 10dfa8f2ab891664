"""What the runs of monitor and report do on a real server: events, remedies, words to a person, pages."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect.variables import Variable

from flows.order import open_order
from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import write_forecast
from ml_core.monitoring.acting import choose
from ml_core.monitoring.watch import watch
from ml_core.prediction.answer import stamp
from ml_core.registry.versions import Registry
from tests.flows.desk import Desk
from tests.flows.running_stack import Running


def ensure_forecast(stack: Running) -> None:
    """Somebody answers for the coins, as after the tests of deployments."""
    if not stack.ended("predict/coins"):
        stack.finish("refresh/coins")
        stack.wait_for(lambda: stack.ended("predict/coins"), what="the triggered forecast")


def name_block(stack: Running, url: str) -> None:
    """As a person does in Prefect: a block for the desk, and the variable that names it."""
    data = {"name": "desk", "url": url, "json_data": {"subject": "{{subject}}", "body": "{{body}}"}}
    place = f"http://127.0.0.1:{stack.ports.prefect}/api"
    with temporary_settings({PREFECT_API_URL: place, PREFECT_API_AUTH_STRING: stack.secret}):
        CustomWebhookNotificationBlock(**data).save("desk")
        Variable.set("candorcast_notify", "custom-webhook/desk")


@pytest.mark.timeout(900)  # several runs, each a process: minutes on a slow machine
def test_a_breach_raises_an_event_that_starts_its_remedy_once(stack: Running, coins: Path) -> None:
    ensure_forecast(stack)
    order, now = open_order(str(coins), None, str(stack.home.root)), dt.datetime.now(dt.UTC)
    assert watch(order, now=now).told().endswith("no breach that nobody knows of")
    registry = Registry(stack.home)
    sitting = registry.find(order.name)
    said = registry.load(sitting).predict(
        read_prices(order.experiment, stack.home), since=dt.date(2019, 1, 1)
    )
    narrow = said.with_columns(lower=pl.col("lower") / 20, upper=pl.col("upper") / 20)
    told = stamp(narrow, sitting).with_columns(in_sample=pl.lit(False))
    write_forecast(stack.home, order.name, told, written=now, live=True)
    before = len(stack.ended("refit/coins"))
    with Desk() as desk:
        name_block(stack, desk.url)
        breached = stack.finish("monitor/coins")
    [word] = desk.heard
    assert word["subject"].startswith(f"candorcast: {order.name}: ")
    assert "intervals: " in word["body"]
    assert "intervals: 1 ahead" in breached["state"]["message"]
    assert breached["state"]["message"].endswith("asked for: refit")
    stack.wait_for(
        lambda: len(stack.ended("refit/coins")) > before, what="the refit that monitoring asks for"
    )
    refit = stack.ended("refit/coins")[0]
    assert (refit["created_by"]["type"], refit["parameters"]["always"]) == ("AUTOMATION", True)
    watch(order, now=now)
    assert choose(order, now=now) == [], "nothing is raised or asked for again"
    assert stack.ended("refit/tiny") == [], "another experiment's breach"
    shown = {row["key"]: row for row in stack.read("artifacts/latest")}
    assert "| intervals | 1 ahead |" in shown["monitor-coins-simulated"]["data"]


def test_the_report_lies_under_the_home_and_is_shown_in_prefect(stack: Running) -> None:
    done = stack.finish("report/coins")
    assert done["state"]["message"].startswith("written to ")
    file = Path(done["state"]["message"].removeprefix("written to "))
    assert file.is_relative_to(stack.home.root / "reports" / "coins")
    assert "## What does not hold" in file.read_text()
    shown = {row["key"]: row for row in stack.read("artifacts/latest")}
    assert shown["report-coins-simulated"]["data"] == file.read_text()
