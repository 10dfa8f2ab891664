"""What every loss must keep, whichever is added: finite, least near the truth, deaf to what is not known."""

import math

import numpy as np
import pytest
import torch

from ml_core.errors import InvalidInput
from ml_core.training.losses import LEAST_TICKERS, LOSSES, find_loss

DATES, TICKERS = 6, 12
every_loss = pytest.mark.parametrize("name", LOSSES)


def sample(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def outcomes(seed: int = 1) -> torch.Tensor:
    """y_DN with some targets unknown, and one date without any."""
    y_DN = sample(DATES, TICKERS, seed=seed)
    y_DN[sample(DATES, TICKERS, seed=seed + 1) > 1] = math.nan
    y_DN[-1] = math.nan
    return y_DN


def slopes(name: str, mean: torch.Tensor, scale: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The loss, and its gradients with respect to mean and scale."""
    mean, scale = mean.clone().requires_grad_(), scale.clone().requires_grad_()
    value = find_loss(name)(mean, scale, y)
    return value.detach(), *torch.autograd.grad(value, (mean, scale), materialize_grads=True)


@every_loss
@pytest.mark.parametrize("size", [0.0, 1e-6, 1.0, 1e4])
@pytest.mark.parametrize("spread", [0.0, 1e-6, 1.0, 1e4])
def test_it_and_its_gradients_are_finite_for_small_and_huge_errors_and_for_equal_forecasts(
    name, size, spread
):
    scale_DN = 0.05 + 3 * sample(DATES, TICKERS, seed=3).abs()
    for part in slopes(name, 0.1 + spread * sample(DATES, TICKERS), scale_DN, size * outcomes()):
        assert part.isfinite().all()


@every_loss
def test_it_is_less_near_the_truth_than_far_from_it(name):
    y_DN, ones = sample(DATES, TICKERS), torch.ones(DATES, TICKERS)
    noise = sample(DATES, TICKERS, seed=5)
    values = [find_loss(name)(y_DN + size * noise, ones, y_DN) for size in (0.0, 0.3, 1.0)]
    assert values == sorted(values)
    assert find_loss(name)(-y_DN, ones, y_DN) > values[-1]


@every_loss
def test_a_step_down_its_gradient_comes_nearer_to_the_truth(name):
    y_DN, ones = sample(DATES, TICKERS), torch.ones(DATES, TICKERS)
    mean_DN = sample(DATES, TICKERS, seed=5)
    before, gradient, _ = slopes(name, mean_DN, ones, y_DN)
    after = find_loss(name)(mean_DN - 1e-2 * gradient / gradient.norm(), ones, y_DN)
    assert after < before


@every_loss
def test_the_scale_is_pulled_to_the_size_of_the_errors(name):
    y_DN = torch.linspace(-2, 2, 400).reshape(4, 100)
    wide, right, narrow = (
        find_loss(name)(torch.zeros_like(y_DN), torch.full_like(y_DN, size), y_DN)
        for size in (20.0, 0.9, 0.05)
    )
    assert right < wide
    assert right < narrow


@every_loss
def test_an_unknown_target_weighs_nothing_whatever_is_forecast_there(name):
    y_DN, scale_DN = outcomes(), 0.5 + sample(DATES, TICKERS, seed=3).abs()
    mean_DN = sample(DATES, TICKERS)
    unknown = y_DN.isnan()
    value, to_mean, to_scale = slopes(name, mean_DN, scale_DN, y_DN)
    assert (to_mean[unknown] == 0).all()
    assert (to_scale[unknown] == 0).all()
    elsewhere = torch.where(unknown, torch.full_like(y_DN, 1e4), mean_DN)
    torch.testing.assert_close(find_loss(name)(elsewhere, scale_DN, y_DN), value)
    wholly = [
        find_loss(name)(mean_DN[date, known], scale_DN[date, known], y_DN[date, known])
        for date, known in enumerate(~unknown)
        if known.any()
    ]
    torch.testing.assert_close(torch.stack(wholly).sum(), value)


@every_loss
def test_the_gradient_of_a_batch_is_the_sum_over_its_dates(name):
    mean_DN, scale_DN, y_DN = (
        sample(DATES, TICKERS),
        0.5 + sample(DATES, TICKERS, seed=3).abs(),
        outcomes(),
    )
    whole = slopes(name, mean_DN, scale_DN, y_DN)
    parts = [
        slopes(name, mean_DN[rows], scale_DN[rows], y_DN[rows])
        for rows in (slice(0, 1), slice(1, 4), slice(4, None))
    ]
    torch.testing.assert_close(sum(part[0] for part in parts), whole[0])
    for place in (1, 2):
        torch.testing.assert_close(torch.cat([part[place] for part in parts]), whole[place])


@pytest.mark.parametrize("name", ["ic", "student_t"])
def test_its_gradient_is_that_of_its_values(name):
    mean_DN, scale_DN = sample(3, 7).double(), 0.5 + sample(3, 7, seed=3).abs().double()
    y_DN = sample(3, 7, seed=1).double()
    y_DN[0, 2] = math.nan
    inputs = (mean_DN.requires_grad_(), scale_DN.requires_grad_())
    assert torch.autograd.gradcheck(lambda mean, scale: find_loss(name)(mean, scale, y_DN), inputs)


def test_the_scale_learns_under_squared_error_and_does_not_move_the_mean():
    mean, scale = torch.tensor([0.3], requires_grad=True), torch.tensor([1.0], requires_grad=True)
    find_loss("mse")(mean, scale, torch.tensor([5.0])).backward()
    np.testing.assert_allclose(mean.grad.numpy(), [2 * (0.3 - 5.0)], rtol=1e-6)
    assert scale.grad < 0  # a large error widens the scale


@pytest.mark.parametrize("times", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("plus", [-3.0, 0.0, 20.0])
def test_ic_sees_neither_the_level_nor_the_size_of_forecasts(times, plus):
    y_DN, ones = outcomes(), torch.ones(DATES, TICKERS)
    mean_DN = sample(DATES, TICKERS).double()
    value, gradient, _ = slopes("ic", mean_DN, ones, y_DN)
    moved, moved_gradient, _ = slopes("ic", times * mean_DN + plus, ones, y_DN)
    torch.testing.assert_close(moved, value)
    torch.testing.assert_close(times * moved_gradient, gradient, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(gradient.sum(dim=1), torch.zeros(DATES).double(), rtol=0, atol=1e-9)


def test_ic_is_one_less_the_correlation_over_the_tickers_of_a_date():
    mean_DN, y_DN, ones = sample(2, TICKERS), sample(2, TICKERS, seed=1), torch.ones(2, TICKERS)
    zero = find_loss("ic")(torch.zeros(2, TICKERS), ones, y_DN)  # one, and what the scale costs
    found = (zero - find_loss("ic")(mean_DN, ones, y_DN)) / TICKERS
    expected = sum(np.corrcoef(mean_DN[date], y_DN[date])[0, 1] for date in range(2))
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_two_tickers_known_on_a_date_teach_ic_nothing():
    y_DN = sample(1, TICKERS)
    y_DN[0, LEAST_TICKERS - 1 :] = math.nan
    _, to_mean, to_scale = slopes("ic", sample(1, TICKERS, seed=1), torch.ones(1, TICKERS), y_DN)
    assert (to_mean == 0).all()
    assert (to_scale[:, : LEAST_TICKERS - 1] != 0).any()


def test_a_loss_that_compares_tickers_is_refused_where_there_are_too_few():
    for name in LOSSES:
        assert find_loss(name, tickers=LEAST_TICKERS).name == name
        if LOSSES[name].scope == "element":
            assert find_loss(name, tickers=1).name == name
    with pytest.raises(InvalidInput, match=r"training\.loss: 'ic' compares.*at least 3.*found 1"):
        find_loss("ic", tickers=1)


def test_an_unknown_loss_is_answered_with_the_nearest():
    with pytest.raises(InvalidInput, match=r"unknown loss 'student'; did you mean 'student_t'\?"):
        find_loss("student")
