"""Steps as tokens and back, counted from the window's end."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from ml_core.models.tokens import fold, hold, spread

sizes, lengths = st.integers(1, 7), st.integers(1, 40)


@given(sizes, lengths)
def test_a_step_holds_the_last_token_that_had_ended(size, steps):
    x_BLF = torch.arange(1.0, steps + 1).view(1, steps, 1)
    ended_BKF = fold(x_BLF, size)[:, :, -1]
    held_L = hold(ended_BKF, size, steps).flatten().tolist()
    ends = [end for end in range(1, steps + 1) if (steps - end) % size == 0]
    assert held_L == [max((end for end in ends if end <= step), default=0) for step in range(1, steps + 1)]


@given(sizes, lengths)
def test_weights_between_tokens_are_shared_by_their_steps(size, steps):
    tokens = -(-steps // size)
    weight_BKK = torch.rand(2, tokens, tokens).tril().add(torch.eye(tokens))
    weight_BKK = weight_BKK / weight_BKK.sum(dim=2, keepdim=True)
    weight_BLL = spread(weight_BKK, size, steps)
    torch.testing.assert_close(weight_BLL.sum(dim=2), torch.ones(2, steps))
    assert (weight_BLL.triu(1) == 0).all()
    own = min(size, steps)
    torch.testing.assert_close(weight_BLL[:, -1, -own:].sum(dim=1), weight_BKK[:, -1, -1])
