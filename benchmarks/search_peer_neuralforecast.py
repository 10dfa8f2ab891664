"""Runs neuralforecast's side of `search_peer.py` in its own environment: AutoLSTM with Ray on a given panel.

    python search_peer_neuralforecast.py PANEL.npz RESULT.json TRIALS

Its settings are those of `peer_neuralforecast.py` (a batch of 4 series, 128 windows drawn of all their windows, no
scaler, logger, bar or checkpoint); the steps are those in which it sees as many targets as a trial of ours.
"""

import importlib
import json
import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import torch
from panel import SEES, Grid
from peer_neuralforecast import QUIET, data_of, losses

tune = importlib.import_module("ray.tune")
auto = importlib.import_module("neuralforecast.auto")
auto_base = importlib.import_module("neuralforecast.common._base_auto")
datasets = importlib.import_module("neuralforecast.tsdataset")
basic = importlib.import_module("ray.tune.search.basic_variant")

SERIES, DRAWN, STEPS = 4, 128, 600


def settings() -> dict[str, Any]:
    unchecked = {name: value for name, value in QUIET.items() if name != "limit_val_batches"}
    return {
        "input_size": SEES,
        "encoder_n_layers": 2,
        "encoder_hidden_size": 64,
        "decoder_layers": 1,
        "scaler_type": "identity",
        "inference_windows_batch_size": 64,
        "batch_size": SERIES,
        "windows_batch_size": DRAWN,
        "max_steps": STEPS,
        "val_check_steps": STEPS,
        "learning_rate": tune.loguniform(1e-3, 1e-2),
        "random_seed": tune.randint(1, 1000),
        **unchecked,
    }


def score(model: Any, panel: Grid) -> float:
    """The IC of the winner's forecasts on the asked sessions, by the library's own prediction step."""
    asked = data_of(panel.series_NT[:, panel.first :])
    model.eval()
    model.test_size, model.predict_step_size = panel.asked, 1
    with torch.inference_mode():
        loader = datasets.TimeSeriesLoader(asked, batch_size=len(asked))
        mean = torch.cat([model.predict_step(batch, 0) for batch in loader])
    return panel.score(mean.reshape(len(asked), -1).numpy())[0]


class Timed(auto.AutoLSTM):
    """Says when its trials are done, before it fits the winner again."""

    def _fit_model(self, *args: Any, **kwargs: Any) -> Any:
        print("ended", flush=True)
        self.wall = time.monotonic()
        return super()._fit_model(*args, **kwargs)


def main() -> None:
    source, result, trials = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.fabric", "ray"):
        logging.getLogger(name).setLevel(logging.ERROR)
    panel = Grid.read(source)
    print("begun", flush=True)
    begun = time.monotonic()
    data = data_of(panel.series_NT[:, panel.first :])
    model = Timed(
        h=1,
        loss=losses.MSE(),
        config=settings(),
        search_alg=basic.BasicVariantGenerator(random_state=1),
        num_samples=trials,
        refit_with_val=True,
        backend="ray",
        ray_options=auto_base.RayOptions(cpus=1, gpus=0),
    )
    model.fit(data, val_size=panel.asked)
    done = model.results.num_terminated
    result.write_text(
        json.dumps({"ended": [(model.wall - begun, score(model.model, panel))], "trials": done})
    )


if __name__ == "__main__":
    main()
