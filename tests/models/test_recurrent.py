"""LSTM layers: one size for all, or a size for each."""

import pytest
import torch
from torch import nn

from ml_core.errors import InvalidInput
from ml_core.models.family import build_encoder, complete, configure
from ml_core.spec.experiment import Model


def lstms_of(**options):
    torch.manual_seed(0)
    encoder = build_encoder(Model.model_validate({"family": "lstm", **options}), 5)
    return encoder, [layer for layer in encoder.modules() if isinstance(layer, nn.LSTM)]


def test_layers_of_one_size_are_said_by_a_number_or_one_by_one():
    for options in ({"hidden": 16, "layers": 3}, {"hidden": [16, 16, 16]}):
        _, found = lstms_of(**options)
        assert [(one.input_size, one.hidden_size) for one in found] == [(5, 16), (16, 16), (16, 16)]


def test_between_layers_a_channel_is_silent_for_a_whole_window():
    encoder, (_, second) = lstms_of(hidden=8, layers=2, dropout=0.5)
    seen = []
    second.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    encoder.train()(torch.randn(4, 9, 5))
    silent_BLD = seen[0] == 0
    assert silent_BLD.any()
    assert (silent_BLD == silent_BLD[:, :1]).all()


def test_unequal_sizes_follow_one_another_and_the_last_is_the_width():
    encoder, found = lstms_of(hidden=[24, 12, 6], layers=1)
    assert [(one.input_size, one.hidden_size) for one in found] == [(5, 24), (24, 12), (12, 6)]
    assert encoder.width == 6
    assert encoder(torch.randn(2, 9, 5)).shape == (2, 9, 6)


def test_every_forget_gate_starts_open_and_recurrent_weights_have_one_length_in_all_directions():
    for lstm in lstms_of(hidden=[24, 12])[1]:
        size = lstm.hidden_size
        bias_G = (lstm.bias_ih_l0 + lstm.bias_hh_l0).detach()
        assert (bias_G[size : 2 * size] == 1).all()
        assert bias_G.sum() == size
        for gate_HH in lstm.weight_hh_l0.detach().split(size):
            torch.testing.assert_close(torch.linalg.svdvals(gate_HH), torch.full((size,), 0.5))


@pytest.mark.parametrize("hidden", [[], [16, 0], "wide", 2.5, True, [[16]]])
def test_what_is_no_size_is_named(hidden):
    with pytest.raises(InvalidInput, match=r"hidden: expected a whole number from 1, or one for each layer"):
        configure(Model.model_validate({"family": "lstm", "hidden": hidden}))


def test_a_stored_spec_says_the_size_of_every_layer():
    assert complete(Model.model_validate({"family": "lstm", "hidden": (24, 12)})).options["hidden"] == [
        24,
        12,
    ]
