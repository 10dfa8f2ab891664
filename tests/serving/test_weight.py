"""A server holds what it answers with and no more: what draws the page is loaded when the page is asked for, and torch
where a network answers."""

import json
import subprocess
import sys

from ml_core.data.order import place_order
from ml_core.promotion.reference import fill_seat
from tests.market import NOW
from tests.serving.conftest import write_file

HEAVY = (
    "torch",
    "gradio",
    "plotly",
    "mlflow",
    "sklearn",
    "ray",
    "prefect",
    "matplotlib",
    "statsmodels",
    "arch",
)
SLOW = ("scipy.optimize", "scipy.special")
ASK = f"""
import json, sys
from pathlib import Path
from fastapi.testclient import TestClient
from ml_core.home.settings import Settings
from serving.app import open_app

home, file = sys.argv[1:]
client = TestClient(open_app(Settings(home=Path(home), experiments=(file,))), "http://127.0.0.1:8000")
told = client.post("/predictions/single", json={{"ticker": "ALFA"}}).json()
client.get("/models"), client.get("/metrics")
print(json.dumps([told["seat"], [name for name in {HEAVY!r} if name in sys.modules]]))
"""


def test_forecasts_of_who_is_no_network_are_answered_without_torch_and_before_anything_draws(
    own_world, tmp_path
):
    fill_seat(place_order(own_world.experiment, own_world.home), now=NOW)
    file = write_file(own_world.experiment, tmp_path)
    command = [sys.executable, "-c", ASK, str(own_world.home.root), file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.stdout, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == ["reference", []]


def test_what_only_a_fit_or_a_judgement_reckons_with_is_not_loaded_with_the_server():
    loaded = f"import sys, serving.app; print([name for name in {SLOW!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=100)
    assert done.stdout.strip() == "[]", done.stderr
