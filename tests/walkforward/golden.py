"""The score of one small fit of every learner and loss, bit for bit, as `golden.json` remembers it for each machine.

    python -m tests.walkforward.golden           adds what this machine does not remember yet: a new learner or loss
    python -m tests.walkforward.golden --anew    writes all that this machine remembers anew

Both write the entry of this machine only, and drop what is no learner any more from every entry. To write anew is right
only where the code's arithmetic was meant to change, and the commit says so.
"""

import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ml_core.baselines import BASELINES
from ml_core.evaluation.metrics import find_metric
from ml_core.models.family import FAMILIES
from ml_core.panel.splits import Span, Split
from ml_core.spec import choices
from ml_core.spec.experiment import Model, Reading, RunSpec, Task, Training
from ml_core.training.fit import fit
from ml_core.training.losses import LOSSES
from ml_core.walkforward.rows import forecast_split
from tests.market import read_windows, simulate_prices

FILE = Path(__file__).with_name("golden.json")
TASK, READING = Task(horizons=(1, 3)), Reading(lookback=8)
ADD = "python -m tests.walkforward.golden"
QUICK = ("zero", "mean", "last", "ewma", "ridge")  # baselines that lean on no library's own arithmetic
CASES = {
    **{f"family {name}": (Model(family=name), "mse") for name in choices.names(FAMILIES)},
    **{f"loss {name}": (Model(family="lstm"), name) for name in LOSSES},
    **{f"baseline {name}": (Model(family=name), "mse") for name in choices.names(BASELINES) if name in QUICK},
}


def here() -> str:
    """What the bits may depend on besides the code: two processors of one instruction set add up in another order."""
    libraries = f"torch {torch.__version__} numpy {np.__version__} {torch.backends.cpu.get_cpu_capability()}"
    return f"{libraries}, {processor()}"


def processor() -> str:
    """The kind of processor, as Linux numbers it, or as the platform calls it."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.is_file() else []
    told = dict(line.replace("\t", "").partition(":")[::2] for line in lines)
    parts = [f"{name} {told[name].strip()}" for name in ("cpu family", "model", "stepping") if name in told]
    return " ".join(parts) or platform.processor()


def scores_of(case: str) -> dict[str, float]:
    """Error of mean and of scale on the test dates, after two epochs on a simulated market."""
    model, loss = CASES[case]
    windows = read_windows(simulate_prices(sessions=200), TASK)
    days = windows.sessions
    split = Split(0, Span(days[40], days[120]), Span(days[125], days[150]), Span(days[155], days[-5]))
    spec = RunSpec(task=TASK, reading=READING, model=model, training=Training(epochs=2, batch=32, loss=loss))
    scored = forecast_split(fit(spec, windows, split), windows, split)
    return {name: find_metric(name)(scored) for name in ("mse", "crps")}


def remember(known: dict[str, dict], scores: Callable[[str], dict[str, float]]) -> dict[str, dict]:
    """What is known, with the cases that this machine lacks, and without those that are none any more."""
    whole = known if here() in known else {**known, here(): {}}
    kept = {
        machine: {case: cases[case] for case in CASES if case in cases} for machine, cases in whole.items()
    }
    lacking = [case for case in CASES if case not in kept[here()]]
    kept[here()] |= {case: {name: v.hex() for name, v in scores(case).items()} for case in lacking}
    return kept


def main(*, anew: bool) -> None:
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    if anew:
        known[here()] = {}
    FILE.write_text(json.dumps(remember(known, scores_of), indent=1) + "\n")


if __name__ == "__main__":
    main(anew="--anew" in sys.argv[1:])
