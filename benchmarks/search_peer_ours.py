"""Runs our side of `search_peer.py`: the trials of a search on the panel of `peer.py`, as `candorcast search` does.

python search_peer_ours.py RESULT.json TRIALS none|asha
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import torch
from panel import SEES
from peer_market import CUT, FIRST, LABEL, MARKET, UNIVERSE, make_panel, make_prices

from ml_core.panel.splits import Span, Split
from ml_core.spec.experiment import Experiment
from tuning.ledger import Ledger
from tuning.runner import run_search


def experiment_of(trials: int, scheduler: str) -> Experiment:
    return Experiment.model_validate(
        {
            "name": "peer",
            "universe": {"tickers": list(UNIVERSE.tickers)},
            "data": {
                "source": "simulated",
                "simulated": {"seed": MARKET.seed, "sessions": MARKET.sessions},
            },
            "task": {"lookback": SEES, "horizons": [1], "target": "excess"},
            "features": {"names": [LABEL]},
            "model": {"family": "lstm", "hidden": 64, "layers": 2, "dropout": 0.0},
            "training": {"windows": 512, "epochs": 5, "batch": 32, "patience": 100},
            "search": {
                "families": ["lstm"],
                "trials": trials,
                "sampler": "random",
                "scheduler": scheduler,
                "ranges": {
                    "training.learning_rate": {"low": 1e-3, "high": 1e-2, "log": True},
                    "training.weight_decay": [0.0],
                    "training.loss": ["mse"],
                    "lstm.hidden": [64],
                    "lstm.layers": [2],
                    "lstm.dropout": [0.0],
                },
            },
        }
    )


def main() -> None:
    result, trials, scheduler = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(1)
    windows, _, _ = make_panel()
    prices, days = make_prices(), windows.sessions
    asked = Span(days[CUT], days[-2])
    split = Split(0, Span(days[FIRST], days[CUT - 2]), asked, asked)
    ended: dict[str, tuple[float, float]] = {}

    def note(ledger: Ledger, _: int) -> None:
        for trial in ledger.trials:
            if trial.test_score is not None and trial.id not in ended:
                ended[trial.id] = (time.monotonic() - begun, trial.test_score)

    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.jsonl")
        print("begun", flush=True)
        begun = time.monotonic()
        experiment = experiment_of(trials, scheduler)
        run_search(experiment, prices, windows, [split], ledger=ledger, folder=Path(folder), progress=note)
        note(ledger, trials)
        print("ended", flush=True)
        if failed := [trial.error for trial in ledger.trials if trial.status == "failed"]:
            raise SystemExit(f"{len(failed)} trials failed: {failed[0]}")
    result.write_text(json.dumps({"ended": sorted(ended.values()), "trials": len(ledger.trials)}))


if __name__ == "__main__":
    main()
