"""Networks for the contracts: every family at its defaults, and the variants that defaults leave out."""

import pytest
import torch

from ml_core.models.family import FAMILIES, complete
from ml_core.models.head import ForecastNetwork
from ml_core.spec import choices
from ml_core.spec.experiment import Model

NAMES = choices.names(FAMILIES)
VARIANTS = {  # what defaults leave out; `informer` in blocks so small that some lie far behind
    "lstm": {"hidden": [12, 8]},
    "hybrid": {"hidden": [12, 8], "blocks": 2},
    "transformer": {"patch": 5, "layers": 2},
    "informer": {"block": 4, "keep": 2, "layers": 3},
    "multi_scale": {"short": 3, "middle": 7, "stride": 4},
}
CASES = [Model(family=family) for family in NAMES] + [
    Model.model_validate({"family": family, **options}) for family, options in VARIANTS.items()
]
DEVICES = ["meta", *(["cuda"] if torch.cuda.is_available() else [])]  # meta: what a device makes, without one
LAYOUTS = {"pooled": (4, 2), "joint": (24, 12)}  # inputs and outputs of six tickers
TICKERS = {"pooled": 1, "joint": 6}  # in one window
every_family = pytest.mark.parametrize("family", NAMES)
every_case = pytest.mark.parametrize(
    "model", CASES, ids=lambda model: "-".join([model.family, *model.options])
)
every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def network_of(model: Model | str, layout: str = "pooled", *, seed: int = 0) -> ForecastNetwork:
    model = Model(family=model) if isinstance(model, str) else model
    inputs, outputs = LAYOUTS[layout]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ForecastNetwork(complete(model), inputs=inputs, outputs=outputs, tickers=TICKERS[layout])
        for layer in (network.direct, network.mean, network.scale):
            torch.nn.init.normal_(layer.weight, std=0.1)  # else every mean is zero and every scale is one
    return network.eval()


def batch_of(count: int, inputs: int, *, steps: int = 24, seed: int = 1) -> torch.Tensor:
    return torch.randn(count, steps, inputs, generator=torch.Generator().manual_seed(seed))
