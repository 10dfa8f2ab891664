"""What a feature must keep: it knows the past only, its declared history suffices, and it is a number that tells rows
apart. That it sees other tickers only where its scope says so, the way in which features are built holds by itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from candorcast.testing.market import make_prices
from ml_core.errors import ContractBroken, InvalidInput
from ml_core.evaluation.leakage import audit
from ml_core.features.declaration import Feature, whole_history
from ml_core.features.table import build_features, known_features, parts
from ml_core.spec.choices import nearest

LONG = 700  # sessions: enough for the history of any of ours


def check_feature(*names: str, prices: pl.DataFrame | None = None) -> None:
    """`prices`: PRICES with the columns that it needs, where the made-up market lacks one."""
    prices = make_prices(sessions=LONG) if prices is None else prices
    features = {name: one for name, (_, one) in known_features(prices.columns).items()}
    for name in names:
        if name not in features:
            raise InvalidInput(f"feature '{name}' is not registered{nearest(name, list(features))}")
    built = build_features(prices, names)
    if built.left_out:
        lacking = ", ".join(built.left_out)
        raise InvalidInput(
            f"feature {lacking}: needs a column that these prices lack; give prices= that have it"
        )
    known = parts() | features
    _require_past(prices, names)
    _require_numbers(built.table, names, known)
    _require_history(prices, built.table, names, known)


def _require_past(prices: pl.DataFrame, names: tuple[str, ...]) -> None:
    """Nothing that comes later changes a bit of what stood."""
    sessions = prices["date"].unique().sort()
    places = (len(sessions) // 3, len(sessions) // 2, len(sessions) - 2)
    leaks = audit(
        lambda given: build_features(given, names).table,
        prices,
        as_of=[sessions[place] for place in places],
        seed=0,
        context=[column for column in prices.columns if column.startswith("context_")],
    )
    if leaks:
        raise ContractBroken(f"feature {leaks[0]}")


def _require_numbers(table: pl.DataFrame, names: tuple[str, ...], known: Mapping[str, Feature]) -> None:
    """Finite once its history is there, and not always the same."""
    row = table.select(pl.int_range(pl.len()).over("ticker")).to_series()
    for name in names:
        later = table.filter(row >= whole_history(name, known))[name]
        if later.null_count() or not later.is_finite().all():
            raise ContractBroken(
                f"feature {name}: has no number on some row after its history of {whole_history(name, known)} rows; "
                "expected one wherever prices are known"
            )
        if later.n_unique() < 2:
            raise ContractBroken(
                f"feature {name}: is the same on every row; expected one that tells rows apart"
            )


def _require_history(
    prices: pl.DataFrame, table: pl.DataFrame, names: tuple[str, ...], known: Mapping[str, Feature]
) -> None:
    """The declared rows before its own give the value that all rows give."""
    sessions = prices["date"].unique().sort()
    whole = table.filter(pl.col("date") == sessions[-1])
    histories = {name: whole_history(name, known) for name in names}
    for history in sorted(set(histories.values())):
        asked = tuple(name for name in names if histories[name] == history)
        recent = prices.filter(pl.col("date") >= sessions[max(0, len(sessions) - 1 - history)])
        short = build_features(recent, asked).table.filter(pl.col("date") == sessions[-1])
        for name in asked:
            scale = float(np.nanstd(table[name].to_numpy()))
            one, other = (part[name].to_numpy() for part in (short, whole))
            if not np.allclose(one, other, rtol=1e-5, atol=1e-5 * scale, equal_nan=True):
                raise ContractBroken(
                    f"feature {name}: its declared history of {history} rows does not suffice; "
                    "expected history= or spans= of all the rows that it looks at"
                )
