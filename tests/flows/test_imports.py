"""Each flow run is a process of its own: it loads torch where a network learns or answers, and not before."""

import subprocess
import sys

from tests.flows.kinds import KINDS


def test_a_flow_is_loaded_without_torch() -> None:
    asked = f"import sys, {', '.join(f'flows.{name}' for name in KINDS)}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=200)
    assert done.stdout.strip() == "False", done.stderr
