"""Measures how many outcomes the intervals held, by horizon, by how volatile a ticker was, and by year. An
average alone can hide where they fail."""

from collections.abc import Iterator

import polars as pl

from ml_core.errors import InvalidData
from ml_core.evaluation.bootstrap import block_bootstrap, block_length
from ml_core.evaluation.rows import KEY

STATES = ("calm", "middle", "wild")
COVERAGE = {
    "split": pl.String, "horizon": pl.Int32, "by": pl.String, "group": pl.String,
    "sessions": pl.Int64, "rows": pl.Int64,
    "coverage": pl.Float64, "low": pl.Float64, "high": pl.Float64, "width": pl.Float64,
}  # fmt: skip


def measure_coverage(scored: pl.DataFrame, volatility: pl.DataFrame, *, seed: int = 0) -> pl.DataFrame:
    """One row per split, horizon and group: all rows, each tercile of volatility, each year.

    `volatility` says for every ticker and session `as_of` (of a split, where it names one) whether it was calm, middle
    or wild, as known then. `low` and `high` hold 90 % of what other draws of the dates would give; `width` is the mean
    half width. Rows whose outcome is not yet known do not count.
    """
    known = scored.filter(pl.all_horizontal(pl.col("realized", "lower", "upper").is_not_null()))
    key = [name for name in ("split", "ticker", "as_of") if name in volatility.columns]
    table = known.join(volatility, on=key, how="left", maintain_order="left").with_columns(
        inside=pl.col("realized").is_between("lower", "upper").cast(pl.Float64),
        year=pl.col("as_of").dt.year(),
        width=(pl.col("upper") - pl.col("lower")) / 2,
    )
    if table["volatility"].null_count():
        first = table.filter(pl.col("volatility").is_null()).select(KEY).row(0)
        raise InvalidData(f"coverage: no volatility state for {first}")
    measured = [
        {"split": split, "horizon": horizon, "by": by, "group": group} | _measure(part, horizon, seed)
        for (split, horizon), rows in sorted(table.partition_by("split", "horizon", as_dict=True).items())
        for by, group, part in _groups(rows)
    ]
    return pl.DataFrame(measured, schema=COVERAGE)


def _groups(rows: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    yield "all", "all", rows
    for state in STATES:
        part = rows.filter(volatility=pl.lit(state))
        if part.height:
            yield "volatility", state, part
    for (year,), part in sorted(rows.partition_by("year", as_dict=True).items()):
        yield "year", str(year), part


def _measure(part: pl.DataFrame, horizon: int, seed: int) -> dict[str, object]:
    dates = part.group_by("as_of", maintain_order=True).agg(pl.col("inside").sum(), pl.len()).sort("as_of")
    counts_TK = dates.select("inside", "len").to_numpy().astype(float)
    block = block_length(dates.height, horizon)
    low, high = block_bootstrap(
        counts_TK, lambda drawn: drawn[:, 0].sum() / drawn[:, 1].sum(), seed=seed, block=block
    )
    return {
        "sessions": dates.height, "rows": part.height, "coverage": part["inside"].mean(),
        "low": low, "high": high, "width": part["width"].mean(),
    }  # fmt: skip
