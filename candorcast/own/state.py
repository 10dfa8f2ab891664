"""Says how what an estimator learned becomes arrays, and comes back from them. No pickle is written or loaded, so that
opening a model runs no code that came with it.

An estimator with `arrays()` and `restore(arrays)` says it itself. A torch module has its `state_dict`. Any other, as
those of scikit-learn, is kept as the rows that it learned from and is fitted again where it is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ml_core.errors import InvalidInput

StateArrays = dict[str, np.ndarray]


def tells_arrays(estimator: Any) -> bool:
    """Whether what it learned can be told as arrays; otherwise its rows are kept."""
    return is_torch(estimator) or (hasattr(estimator, "arrays") and hasattr(estimator, "restore"))


def arrays_of(estimator: Any, whose: str) -> StateArrays:
    """Numbers only, by name."""
    if is_torch(estimator):
        return {name: part.detach().cpu().numpy().copy() for name, part in estimator.state_dict().items()}
    told = estimator.arrays()
    if not isinstance(told, Mapping):
        raise InvalidInput(
            f"{whose}: arrays(): expected a dictionary of NumPy arrays, got {type(told).__name__}"
        )
    arrays = {str(name): np.asarray(part) for name, part in told.items()}
    for name, part in arrays.items():
        if part.dtype.kind not in "biuf":
            raise InvalidInput(f"{whose}: arrays(): '{name}': expected numbers, got {part.dtype}")
    return arrays


def restore(estimator: Any, arrays: StateArrays) -> Any:
    """The new estimator, as the one that told these arrays. Files make a single number a list of one."""
    if not is_torch(estimator):
        estimator.restore(arrays)
        return estimator
    import torch

    shapes = {name: part.shape for name, part in estimator.state_dict().items()}
    state = {name: torch.from_numpy(part.reshape(shapes[name]).copy()) for name, part in arrays.items()}
    estimator.load_state_dict(state)
    return estimator.eval()


def is_torch(estimator: Any) -> bool:
    """A module of torch, or what behaves as one."""
    return hasattr(estimator, "state_dict") and hasattr(estimator, "load_state_dict")
