"""Lays what moved forecasts out as a table: a row for each forecast, input and lag. The command line shows and writes
it, notebooks go on with it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ml_core.explain.attribution import ForecastPart, attribute, attribute_all
from ml_core.explain.spoken import tell
from ml_core.explain.subject import Subject
from ml_core.vocabulary import words


def share_rows(subjects: Sequence[Subject], of: ForecastPart) -> pl.DataFrame:
    """(ticker, as_of, horizon, of, name, words, lag, share): every share, lag 0 the last session; no lag where it is
    no feature."""
    first = subjects[0]
    several = len(subjects) > 1
    attributions = attribute_all(first.scene, first.horizon, of) if several else [attribute(first, of)]
    rows = []
    for one in attributions:
        key = (one.ticker, first.scene.as_of, one.horizon, of)
        rows += [
            (*key, name, tell(name), lag, share)
            for place, name in enumerate(one.names)
            for lag, share in enumerate(one.share_LF[:, place].tolist())
        ]
        rows += [(*key, name, tell(name), None, share) for name, share in one.beside.items()]
        rows.append((*key, "base", words.BASE, None, one.base))
    columns = ["ticker", "as_of", "horizon", "of", "name", "words", "lag", "share"]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


def by_name(rows: pl.DataFrame) -> pl.DataFrame:
    """(ticker, name, words, share), summed over lags."""
    keys = ["ticker", "name", "words"]
    return rows.group_by(keys, maintain_order=True).agg(pl.col("share").sum())
