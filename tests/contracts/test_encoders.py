"""What every family's network shows of itself: its ranges, its attention, its device; no training needed."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ml_core.models.family import Encoder, build_encoder, config_class, configure
from ml_core.spec.experiment import Model
from ml_core.spec.ranges import OneOf, ranges_of
from tests.contracts.networks import DEVICES, batch_of, every_case, every_family, network_of


@every_family
def test_defaults_lie_within_their_ranges(family):
    defaults = configure(Model(family=family))
    for name, found in ranges_of(config_class(family)).items():
        value = getattr(defaults, name)
        assert value in found.values if isinstance(found, OneOf) else found.low <= value <= found.high, name


@every_family
def test_every_value_of_its_ranges_builds(family):
    found = ranges_of(config_class(family))
    values = {
        key: one.values if isinstance(one, OneOf) else (one.low, one.high) for key, one in found.items()
    }
    chosen = [{key: value} for key, several in values.items() for value in several]
    chosen += [{key: several[place] for key, several in values.items()} for place in (0, -1)]
    for options in chosen:
        encoder = build_encoder(Model.model_validate({"family": family, **options}), 5)
        z_BLD = encoder(batch_of(2, 5, steps=6))
        assert z_BLD.shape == (2, 6, encoder.width)
        assert z_BLD.isfinite().all()


@every_family
def test_every_field_that_a_search_may_vary_states_its_range(family):
    fields = set(config_class(family).model_fields)
    assert fields == set(ranges_of(config_class(family)))


@every_case
def test_attention_sums_to_one_looks_back_only_and_knows_nothing_of_later_steps(model):
    encoder, x_BLF = network_of(model).encoder, batch_of(3, 4)
    changed = x_BLF.clone()
    changed[:, 18:] = 2.0
    with torch.inference_mode():
        weight_BLL, after_BLL = encoder.attention(x_BLF), encoder.attention(changed)
    if weight_BLL is None:
        assert type(encoder).attention is Encoder.attention
        return
    assert weight_BLL.shape == (3, 24, 24)
    assert (weight_BLL >= 0).all() and (weight_BLL.triu(1) == 0).all()
    torch.testing.assert_close(weight_BLL.sum(dim=2), torch.ones(3, 24))
    assert torch.equal(weight_BLL[:, :18], after_BLL[:, :18])
    assert not torch.equal(weight_BLL[:, 18:], after_BLL[:, 18:])
    assert not torch.allclose(weight_BLL[0], weight_BLL[1])


@every_family
def test_the_weights_of_its_inputs_sum_to_one_at_every_step(family):
    encoder, x_BLF = network_of(family).encoder, batch_of(3, 4)
    with torch.inference_mode():
        weight_BLF = encoder.variable_weights(x_BLF)
    if weight_BLF is None:
        assert type(encoder).variable_weights is Encoder.variable_weights
        return
    assert weight_BLF.shape == x_BLF.shape
    assert (weight_BLF > 0).all()
    torch.testing.assert_close(weight_BLF.sum(dim=2), torch.ones(3, 24))


@every_case
@pytest.mark.parametrize("last", [1, 12])
def test_the_last_steps_alone_are_those_of_the_whole_window(model, last):
    network, x_BLF = network_of(model), batch_of(3, 4)
    with torch.inference_mode():
        for whole_BLO, ending_BWO in zip(network(x_BLF), network(x_BLF, last), strict=True):
            torch.testing.assert_close(ending_BWO, whole_BLO[:, -last:], rtol=1e-5, atol=1e-6)


class OnlyOn(TorchDispatchMode):
    """Refuses tensors that are made elsewhere, but for the seed of CUDA's fused attention, which is whole numbers."""

    def __init__(self, device: str) -> None:
        super().__init__()
        self.device = device

    def __torch_dispatch__(self, func, _types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        seeded = "scaled_dot_product" in str(func)
        for one in made if isinstance(made, (tuple, list)) else (made,):
            if isinstance(one, torch.Tensor) and (one.is_floating_point() or not seeded):
                assert one.device.type == self.device, func
        return made


@every_case
@pytest.mark.parametrize("device", DEVICES)
def test_a_step_of_training_makes_no_tensor_on_another_device(model, device):
    network = network_of(model).train().to(device)
    x_BLF = batch_of(2, 4, steps=15).to(device)
    with OnlyOn(device):
        mean_BLO, scale_BLO = network(x_BLF)
        (mean_BLO.square().sum() + scale_BLO.sum()).backward()
        network.eval().encoder.attention(x_BLF)
        network.encoder.variable_weights(x_BLF)
    assert all(one.grad is not None and one.grad.device.type == device for one in network.parameters())


@every_family
def test_its_defaults_are_small_enough_for_a_few_thousand_rows(family):
    encoder = build_encoder(Model(family=family), 24)
    assert sum(one.numel() for one in encoder.parameters()) < 40_000
