"""Each flow run is a process of its own: it loads torch where a network learns or answers, and not before; and Prefect
tells nobody that it was loaded."""

import os
import subprocess
import sys

from tests.flows.kinds import KINDS


def test_a_flow_is_loaded_without_torch_and_without_a_word_to_anyone() -> None:
    flows = ", ".join(f"flows.{name}" for name in KINDS)
    asked = f"import sys, {flows}; from prefect._internal.analytics import is_telemetry_enabled as tells\n"
    asked += "print('torch' in sys.modules, tells())"
    untold = {name: value for name, value in os.environ.items() if name not in ("DO_NOT_TRACK", "CI")}
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, timeout=200, env=untold
    )
    assert done.stdout.strip() == "False False", done.stderr
