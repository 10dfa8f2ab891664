"""The head that all families share."""

import torch

from ml_core.models.family import complete
from ml_core.models.head import ForecastNetwork
from ml_core.training.level import set_level
from tests.contracts.networks import LAYOUTS, TICKERS, batch_of, every_case, every_layout, network_of


@every_case
@every_layout
def test_an_untrained_network_forecasts_zero(model, layout):
    inputs, outputs = LAYOUTS[layout]
    network = ForecastNetwork(complete(model), inputs=inputs, outputs=outputs, tickers=TICKERS[layout]).eval()
    mean, scale = network(batch_of(3, inputs))
    assert not mean.any()
    assert (scale == scale.flatten()[0]).all()


def test_the_linear_reading_of_a_joint_window_is_one_for_all_tickers():
    network, x_BLF = network_of("lstm", "joint"), batch_of(3, 24)
    torch.nn.init.zeros_(network.mean.weight)
    order = torch.tensor([5, 4, 3, 2, 1, 0])
    turned = x_BLF.unflatten(2, (6, 4))[:, :, order].flatten(2)
    mean, mirrored = network(x_BLF)[0], network(turned)[0]
    torch.testing.assert_close(mirrored.unflatten(2, (6, 2))[:, :, order].flatten(2), mean)


@every_layout
def test_a_level_that_is_set_is_that_of_the_whole_mean(layout):
    network, x_BLF = network_of("lstm", layout), batch_of(3, LAYOUTS[layout][0])
    slope, shift = torch.tensor([2.0, 0.5]), torch.tensor([0.1, -0.3])
    before = network(x_BLF)[0]
    set_level(network, slope, shift)
    times = TICKERS[layout]
    torch.testing.assert_close(network(x_BLF)[0], before * slope.repeat(times) + shift.repeat(times))
