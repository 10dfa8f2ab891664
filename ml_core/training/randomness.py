"""Holds the random streams of one fitting, so that fits trained side by side equal fits trained alone.

On CUDA the sums of some kernels come in any order; there the ones that add in one order are asked for, of which cuBLAS
wants to be told before it is first used.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from ml_core.forecaster.threads import one_thread

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


class Randomness:
    """`draws` chooses windows. torch draws from streams of its own, the CPU's and its device's if that is another."""

    def __init__(self, seed: int, fold: int, device: torch.device) -> None:
        self.draws = np.random.default_rng([seed, fold])
        self._devices = [device] if device.type == "cuda" else []
        begin = 1_000_003 * seed + fold
        places = [torch.device("cpu"), *self._devices]
        self._streams = [torch.Generator(place).manual_seed(begin).get_state() for place in places]

    @contextlib.contextmanager
    def own(self) -> Iterator[None]:
        """What torch draws here comes from these streams, and is exact."""
        with self.exact(), torch.random.fork_rng(devices=self._devices):
            torch.set_rng_state(self._streams[0])
            for device in self._devices:
                torch.cuda.set_rng_state(self._streams[1], device)
            yield
            self._streams = [torch.get_rng_state(), *(torch.cuda.get_rng_state(one) for one in self._devices)]

    @contextlib.contextmanager
    def exact(self) -> Iterator[None]:
        """What torch adds up here, it adds in one order: on one thread, and on CUDA by algorithms that keep to one."""
        with one_thread(), one_order() if self._devices else contextlib.nullcontext():
            yield

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        return {str(place): stream for place, stream in enumerate(self._streams)}

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.draws.bit_generator.state

    def restore(self, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
        """Draw on from there."""
        self._streams = [tensors[str(place)] for place in range(len(self._streams))]
        self.draws.bit_generator.state = dict(facts)


@contextlib.contextmanager
def one_order() -> Iterator[None]:
    """Only algorithms whose result is the same in every bit each time; an operation that has none is an error."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
