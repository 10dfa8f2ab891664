"""What a process of a search does with the params that it is given. It imports what a trial needs and no more."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from ray import tune

from ml_core.registry.trials import Params, keep_small
from tuning.trial import run_trial, spell_error

if TYPE_CHECKING:
    import pyarrow as pa


def try_params(config: Params, *, table: pa.Table, rungs: str, **shared: Any) -> None:
    """What a trial does wrong it would do again, so that it says so and ends well; Tune tries again only what was lost
    with its process. Numbers by date are reported as one thing: of each number Tune would keep a statistic. Prices come
    as Arrow's table, which all workers of a node read where it lies; a frame each would unpack for itself."""
    try:
        run_trial(
            config,
            lambda result: tune.report(keep_small(result)),
            prices=pl.DataFrame(table),
            rungs=Path(rungs),
            clock=time.monotonic,
            **shared,
        )
    except Exception as error:
        tune.report({"failed": spell_error(error), "score": float("nan"), "rung": 0})
