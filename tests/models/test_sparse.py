"""Sparse attention beside the dense one that it stands for."""

import pytest
import torch

from ml_core.models.attention import CausalAttention
from ml_core.models.sparse import SparseAttention

WIDTH, HEADS = 8, 2


def pair_of(**options):
    torch.manual_seed(3)
    dense, sparse = CausalAttention(WIDTH, HEADS), SparseAttention(WIDTH, HEADS, **options)
    with torch.no_grad():
        dense.project.weight.mul_(3)
    sparse.load_state_dict(dense.state_dict())
    return dense, sparse


@pytest.mark.parametrize("steps", [1, 5, 16, 17, 23, 24, 61])
def test_with_every_key_kept_it_is_dense_attention(steps):
    dense, sparse = pair_of(block=8, keep=8)
    z_BLD = torch.randn(3, steps, WIDTH)
    with torch.inference_mode():
        torch.testing.assert_close(sparse(z_BLD), dense(z_BLD))
        torch.testing.assert_close(sparse.weights(z_BLD), dense.weights(z_BLD))


def test_its_weights_are_those_that_it_mixes_with():
    _, sparse = pair_of(block=8, keep=2)
    z_BLD = torch.randn(3, 61, WIDTH)
    sparse.heads = 1
    with torch.inference_mode():
        value_BLD = sparse.project(z_BLD).chunk(3, dim=2)[2]
        torch.testing.assert_close(sparse(z_BLD), sparse.merge(sparse.weights(z_BLD) @ value_BLD))


@pytest.mark.parametrize("steps", [61, 64, 66])
def test_a_step_sees_its_block_the_one_before_and_the_few_kept_of_each_earlier_one(steps):
    _, sparse = pair_of(block=8, keep=2)
    sparse.heads = 1
    with torch.inference_mode():
        seen_LL = sparse.weights(torch.randn(1, steps, WIDTH))[0] > 0
    last_L = seen_LL[-1]
    assert last_L[-16:].all()
    earlier = last_L[:-16].flip(0).split(8)
    assert [int(part.sum()) for part in earlier] == [min(2, len(part)) for part in earlier]
    assert torch.equal(seen_LL[-1, :-16], seen_LL[-8, :-16])


def test_the_kept_key_is_the_one_that_a_query_wants_far_above_the_rest():
    _, sparse = pair_of(block=4, keep=1)
    sparse.heads = 1
    with torch.no_grad():
        sparse.project.weight.zero_()
        sparse.project.bias.zero_()
        sparse.project.weight[:16] = torch.eye(8).repeat(2, 1)  # queries and keys are the steps themselves
    z_BLD = 0.1 * torch.eye(8)[torch.arange(12) % 4].unsqueeze(0)
    z_BLD[0, 2] *= 50
    with torch.inference_mode():
        assert sparse.weights(z_BLD)[0, -1, :4].argmax() == 2
        assert (sparse.weights(z_BLD)[0, -1, :4] > 0).sum() == 1
