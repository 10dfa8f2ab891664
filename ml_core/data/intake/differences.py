"""Compares stored bars with the same bars fetched anew, and says in words what differs. `refresh --whole` shows it."""

from collections.abc import Collection

import polars as pl

from ml_core.frames import BARS, KEYS

COMPARED = [name for name in BARS if name not in ("ticker", "date", "adj_close")]
SAME = 1e-6  # providers compute what they serve: the last digits of a price are none of its
MOST_GONE = 0.1  # of what is stored: where more is missing, the answer was cut short


def find_gone(stored: pl.DataFrame, came: pl.DataFrame) -> pl.DataFrame:
    """(ticker, date) of stored bars inside the range that came for their ticker, for which none came. `came`: all
    keys that came, those of refused bars too. Of a ticker that lacks many, none is gone."""
    key = KEYS["bars"]
    span = came.group_by("ticker").agg(first=pl.col("date").min(), final=pl.col("date").max())
    inside = stored.join(span, on="ticker").filter(pl.col("date").is_between("first", "final"))
    gone = inside.join(came, on=key, how="anti").select(key)
    held = inside.group_by("ticker").agg(held=pl.len())
    counted = gone.group_by("ticker").agg(gone=pl.len()).join(held, on="ticker")
    few = counted.filter(pl.col("gone") <= MOST_GONE * pl.col("held"))
    return gone.join(few, on="ticker", how="semi")


def drop_same(came: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The rows that are not stored just so; the adjusted close, which every dividend to come changes, is no news."""
    later = find_beyond(came, stored, COMPARED)
    if later is not None:
        return later
    return came.join(stored, on=[*KEYS["bars"], *COMPARED], how="anti", nulls_equal=True)


def find_beyond(came: pl.DataFrame, stored: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame | None:
    """The rows that came after the stored ones, where those of each ticker begin with all that is stored of it and are
    the same in these columns, as on most days; None where anything is otherwise. To look row beside row costs a fifth
    of joining them."""
    held = dict(stored["ticker"].rle().struct.unnest().select("value", "len").iter_rows())
    runs = came["ticker"].rle().struct.unnest()
    known = runs["value"].replace_strict(held, default=0, return_dtype=pl.Int64)
    ends = runs["len"].cum_sum().cast(pl.Int64) - runs["len"].cast(pl.Int64) + known
    inside = pl.int_range(pl.len()) < ends.gather(came["ticker"].rle_id())
    old = came.filter(inside)
    if old.height != stored.height:
        return None
    pairs = [(old[name], stored[name]) for name in (*KEYS["bars"], *columns)]
    if not all(now.equals(before, null_equal=True) for now, before in pairs):
        return None
    return came.filter(~inside)


def tell_differences(stored: pl.DataFrame, sound: pl.DataFrame, gone: pl.DataFrame) -> list[str]:
    """A line for each ticker that is stored and came otherwise: how many bars, since when. A session that is newer
    than what is stored is no difference."""
    key = KEYS["bars"]
    last = stored.group_by("ticker").agg(last=pl.col("date").max())
    old = sound.join(last, on="ticker").filter(pl.col("date") <= pl.col("last"))
    beside = old.join(stored.select(*key, *COMPARED), on=key, suffix="_stored")
    kinds = {
        "changed": beside.filter(pl.any_horizontal(_differs(name) for name in COMPARED)),
        "new": old.join(stored, on=key, how="anti"),
        "no longer there": gone,
    }
    days = pl.concat([rows.select(*key, how=pl.lit(how)) for how, rows in kinds.items()])
    lines = []
    for (ticker,), rows in days.sort(key).group_by("ticker", maintain_order=True):
        counts = dict(rows.group_by("how", maintain_order=True).len().iter_rows())
        told = ", ".join(f"{count} {how}" for how, count in counts.items())
        differ = "1 bar differs" if rows.height == 1 else f"{rows.height} bars differ"
        lines.append(f"{ticker}: fetched whole, {differ} since {rows['date'][0]}: {told}")
    return lines


def _differs(name: str) -> pl.Expr:
    now, before = pl.col(name), pl.col(f"{name}_stored")
    if BARS[name] != pl.Float64:
        return now.ne_missing(before)
    near = ((now - before).abs() <= SAME * before.abs()).fill_null(False)
    return now.ne_missing(before) & ~near
