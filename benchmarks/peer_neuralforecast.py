"""Runs neuralforecast's side of `peer.py` in its own environment: it trains on a given panel and writes scores by
CPU second.

    python peer_neuralforecast.py PANEL.npz SETTINGS.json RESULT.json

The clock is this process's CPU time from the panel in memory on: its data set, its model, its own training loop
(Lightning, without logger, bar and checkpoints). Imports and the scoring of the asked rows are left out.
"""

import importlib
import json
import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from panel import SEES, Grid

pandas = importlib.import_module("pandas")
lightning = importlib.import_module("pytorch_lightning")
models = importlib.import_module("neuralforecast.models")
losses = importlib.import_module("neuralforecast.losses.pytorch")
datasets = importlib.import_module("neuralforecast.tsdataset")

QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "enable_checkpointing": False,
    "num_sanity_val_steps": 0,
    "limit_val_batches": 0,
}


class Watch(lightning.Callback):
    """Stops the clock now and then, scores the asked rows, and ends the training at the target."""

    def __init__(self, panel: Grid, settings: dict[str, Any], begun: float) -> None:
        self.panel, self.settings, self.begun = panel, settings, begun
        self.away, self.next, self.seen = 0.0, settings["first"], []
        self.asked = data_of(panel.series_NT[:, panel.first :])

    def on_train_batch_end(self, trainer: Any, model: Any, *_: Any) -> None:
        now = time.process_time()
        spent = now - self.begun - self.away
        over = spent >= self.settings["budget"] or trainer.global_step == trainer.max_steps
        if spent < self.next and not over:
            return
        found, error = self.panel.score(self.forecast(model))
        self.seen.append([spent, found, error, trainer.global_step])
        print(f"{spent:.1f} CPU s, {trainer.global_step} steps: {found:.4f}", flush=True)
        self.away += time.process_time() - now
        self.next = spent * self.settings["pace"]
        trainer.should_stop = over or found >= self.settings["target"]

    def forecast(self, model: Any) -> np.ndarray:
        """mean_NV by the library's own prediction step."""
        model.eval()
        model.test_size, model.predict_step_size = self.panel.asked, 1
        loader = datasets.TimeSeriesLoader(self.asked, batch_size=len(self.asked))
        with torch.inference_mode():
            mean = torch.cat([model.predict_step(batch, 0) for batch in loader])
        model.test_size = 0
        model.train()
        return mean.reshape(len(self.asked), -1).numpy()


def data_of(series_NT: np.ndarray) -> Any:
    """The library's data set of these series."""
    tickers, sessions = series_NT.shape
    table = pandas.DataFrame(
        {
            "unique_id": np.repeat(np.arange(tickers), sessions),
            "ds": np.tile(np.arange(sessions), tickers),
            "y": series_NT.reshape(-1).astype(np.float32),
        }
    )
    return datasets.TimeSeriesDataset.from_df(table)[0]


def main() -> None:
    source, asked, result = (Path(name) for name in sys.argv[1:])
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    panel, settings = Grid.read(source), json.loads(asked.read_text())
    options = {"h": 1, "input_size": SEES, "loss": losses.MSE(), **settings["options"]}
    if steps := settings["cycle"]:
        options["lr_scheduler"] = torch.optim.lr_scheduler.OneCycleLR
        options["lr_scheduler_kwargs"] = {"max_lr": options["learning_rate"], "total_steps": steps + 1}
        options["max_steps"] = steps
    build = getattr(models, settings["model"])
    first = build(**{**options, "max_steps": 2}, **QUIET)  # loads what is imported on first use
    first.fit(data_of(panel.series_NT[:4, panel.first : panel.cut]))
    begun = time.process_time()
    data = data_of(panel.series_NT[:, panel.first : panel.cut])
    watch = Watch(panel, settings, begun)
    model = build(**options, callbacks=[watch], **QUIET)
    model.fit(data)
    result.write_text(json.dumps(watch.seen))


if __name__ == "__main__":
    main()
