"""The optimizer is torch's AdamW with clipped gradients and a schedule, without the class that imports a compiler."""

import copy
import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from ml_core.spec.experiment import Training
from ml_core.training.optimizer import Optimizer, warm_cosine


def gradients_of(network: torch.nn.Module, seed: int, *, size: float) -> None:
    rng = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        parameter.grad = size * torch.randn(parameter.shape, generator=rng)


@pytest.mark.parametrize("size", [1e-3, 1e3])
def test_its_steps_are_those_of_torch_in_every_bit(size):
    training = Training(learning_rate=0.01, weight_decay=0.1, clip=0.5)
    ours = torch.nn.LSTM(4, 8)
    theirs = copy.deepcopy(ours)
    own = Optimizer(ours.parameters(), training, steps=20)
    reference = torch.optim.AdamW(theirs.parameters(), lr=0.01, weight_decay=0.1, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(reference, lambda step: warm_cosine(step, 20))
    for step in range(20):
        for network in (ours, theirs):
            gradients_of(network, step, size=size)
        own.step()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.5)
        reference.step()
        schedule.step()
        for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(one, other)


def test_gradients_are_clipped_to_the_asked_length_and_small_ones_left_alone():
    network = torch.nn.Linear(5, 3)
    for size, expected in ((100.0, 0.5), (1e-4, None)):
        gradients_of(network, 0, size=size)
        before = torch.cat([one.grad.flatten() for one in network.parameters()]).norm()
        Optimizer(network.parameters(), Training(clip=0.5), steps=3).step()
        after = torch.cat([one.grad.flatten() for one in network.parameters()]).norm()
        assert after.item() == pytest.approx(expected or before.item(), rel=1e-4)


def test_a_parameter_without_a_gradient_stays_as_it_is():
    network = torch.nn.Linear(5, 3)
    gradients_of(network, 0, size=1.0)
    network.bias.grad = None
    bias, weight = network.bias.detach().clone(), network.weight.detach().clone()
    Optimizer(network.parameters(), Training(), steps=3).step()
    assert torch.equal(network.bias, bias)
    assert not torch.equal(network.weight, weight)


@pytest.mark.parametrize("steps", [1, 7, 40, 1000])
def test_the_learning_rate_rises_over_a_tenth_of_the_steps_and_falls_to_a_twentieth(steps):
    rates = [warm_cosine(step, steps) for step in range(steps)]
    top = int(np.argmax(rates))
    assert max(rates) == 1.0
    assert top <= max(1, steps // 10)
    assert all(math.isfinite(rate) and 0 < rate <= 1 for rate in rates)
    assert (np.diff(rates[: top + 1]) > 0).all()
    assert (np.diff(rates[max(1, steps // 10) :]) < 0).all()
    assert warm_cosine(10 * steps, steps) == pytest.approx(0.05)


def test_it_does_not_import_the_compiler():
    code = (
        "import sys, torch\n"
        "from ml_core.spec.experiment import Training\n"
        "from ml_core.training.optimizer import Optimizer\n"
        "line = torch.nn.Linear(2, 1)\n"
        "line(torch.ones(1, 2)).sum().backward()\n"
        "Optimizer(line.parameters(), Training(), steps=1).step()\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
