"""Reads how long a part of the sessions is: so many of them, a share of all, or from a date on."""

import datetime as dt
import math


def read_length(value: object, *, least: int) -> int | float | dt.date:
    """The number, share or date that was meant; only what may be nothing (`least` 0) may be a date: the last part."""
    told = _number_of(value) if isinstance(value, str) else value
    if isinstance(told, (int, float)) and not isinstance(told, bool) and math.isfinite(told):
        if told == int(told) and told >= least:
            return int(told)
        if 0 < told < 1:
            return float(told)
    if least == 0 and isinstance(told, dt.date) and not isinstance(told, dt.datetime):
        return told
    date = ", or the date on which it begins such as 2023-01-01" if least == 0 else ""
    raise ValueError(f"expected {least} or more sessions, a share of all such as 0.2{date}")


def _number_of(text: str) -> object:
    """What JSON and shells write as words."""
    for read in (int, float, dt.date.fromisoformat):
        try:
            return read(text.strip())
        except ValueError:
            continue
    return text
