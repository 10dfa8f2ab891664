"""`[data.quality]`: what the user says of bars, and how much may be wrong before a refresh is refused."""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any

import polars as pl
from pydantic import Field, field_validator

from ml_core.data.quality.verdicts import catalogue
from ml_core.spec import choices
from ml_core.spec.experiment import FrozenSection

DAYS = {"ticker": pl.String, "first": pl.Date, "last": pl.Date}
SPLITS = {"ticker": pl.String, "date": pl.Date, "split": pl.Float64}
IMPLIED = {"unit_unclear": "wrong_unit"}  # who keeps the whole ticker as it came wants none of it scaled
RETIRED = ("bad_print", "too_early", "unrecorded_action")  # they changed bars for a jump alone; none does now
A_DAY = '"TICKER DATE" or "TICKER FIRST..LAST"'


class Quality(FrozenSection):
    """`limit`: the largest share of bars, or of tickers, that may be quarantined before a refresh is refused;
    `skip`: checks that are not run; `accept`: bars that are kept as they came, whatever a check says, as "TICKER DATE",
    "TICKER FIRST..LAST" or, whatever that check says of the ticker, "TICKER CHECK"; `refuse`: bars that are kept out,
    as "TICKER DATE" or "TICKER FIRST..LAST"; `split`: splits and spin-offs that the source does not record, as
    "TICKER DATE RATIO", where the price before was RATIO times as high for no loss."""

    limit: Annotated[float, Field(gt=0, le=1)] = 0.1
    skip: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ()
    split: tuple[str, ...] = ()

    @field_validator("skip")
    @classmethod
    def _checks_exist(cls, skip: tuple[str, ...]) -> tuple[str, ...]:
        for name in skip:
            if name not in (*_checks(), *RETIRED):
                raise ValueError(f"unknown check '{name}'{choices.nearest(name, _checks())}")
        return skip

    @field_validator("accept")
    @classmethod
    def _accept_is_read(cls, accept: tuple[str, ...]) -> tuple[str, ...]:
        for entry in accept:
            ticker, _, rest = entry.rpartition(" ")
            if rest in firm_checks():
                raise ValueError(f"'{entry}': what '{rest}' refuses cannot be kept; correct the source")
            if not ticker.strip() or (_days(rest) is None and rest not in _checks()):
                raise ValueError(f'\'{entry}\': expected {A_DAY}, or "TICKER CHECK", as "EBAY 2015-07-20"')
        return accept

    @field_validator("refuse")
    @classmethod
    def _refuse_is_read(cls, refuse: tuple[str, ...]) -> tuple[str, ...]:
        for entry in refuse:
            ticker, _, rest = entry.rpartition(" ")
            if not ticker.strip() or _days(rest) is None:
                raise ValueError(f"'{entry}': expected {A_DAY}, as \"EBAY 2015-07-20\"")
        return refuse

    @field_validator("split")
    @classmethod
    def _split_is_read(cls, split: tuple[str, ...]) -> tuple[str, ...]:
        for entry in split:
            if _split(entry) is None:
                raise ValueError(f'\'{entry}\': expected "TICKER DATE RATIO", as "EBAY 2015-07-20 2.376"')
        return split

    def days(self, kind: str, *, check: str | None = None) -> pl.DataFrame:
        """(ticker, first, last) of `accept` or `refuse`; with a check, also where it is accepted as a whole."""
        rows: list[tuple[Any, ...]] = []
        for entry in getattr(self, kind):
            ticker, _, rest = entry.rpartition(" ")
            if days := _days(rest):
                rows.append((ticker, *days))
            elif check in (rest, IMPLIED.get(rest)):
                rows.append((ticker, dt.date.min, dt.date.max))
        return pl.DataFrame(rows, schema=DAYS, orient="row")

    def splits(self) -> pl.DataFrame:
        """(ticker, date, split) that the user records."""
        rows = [read for entry in self.split if (read := _split(entry))]
        return pl.DataFrame(rows, schema=SPLITS, orient="row").unique(["ticker", "date"], keep="last")

    def strangers(self, tickers: Iterable[str]) -> list[str]:
        """A sentence for every entry that speaks of none of these tickers, and so does nothing."""
        known, told = list(tickers), []
        for kind in ("accept", "refuse", "split"):
            for entry in getattr(self, kind):
                name = entry.rsplit(" ", 2 if kind == "split" else 1)[0]
                if name not in known:
                    hint = choices.nearest(name, known) if len(known) < 20 else ""
                    told.append(
                        f"data.quality.{kind} '{entry}': no ticker of this experiment is '{name}'{hint}"
                    )
        return told

    def judgements(self, tickers: Iterable[str]) -> dict[str, str]:
        """What of it decides on each ticker's bars; another one may find otherwise."""
        return {ticker: self._judgement(ticker) for ticker in tickers}

    def _judgement(self, ticker: str) -> str:
        said = [f"skip {name}" for name in sorted(set(self.skip))]
        for kind in ("accept", "refuse"):
            own = {
                rest
                for name, _, rest in (entry.rpartition(" ") for entry in getattr(self, kind))
                if name == ticker
            }
            said += [f"{kind} {rest}" for rest in sorted(own)]
        own = {entry.removeprefix(ticker) for entry in self.split if entry.rsplit(" ", 2)[0] == ticker}
        return ", ".join([*said, *(f"split{rest}" for rest in sorted(own))])


def means(entry: str) -> pl.Expr:
    """Whether an entry of `accept` or `refuse` speaks of a finding: of its ticker, and of its day or check."""
    ticker, _, rest = entry.rpartition(" ")
    if days := _days(rest):
        what = pl.col("date").is_between(*days)
    else:
        what = pl.col("check").is_in([rest, IMPLIED.get(rest, rest)])
    return (pl.col("ticker") == ticker) & what


def firm_checks() -> list[str]:
    """Checks that nobody can accept."""
    return [one.name for one in catalogue() if one.firm]


def _checks() -> list[str]:
    return [one.name for one in catalogue()]


def _days(text: str) -> tuple[dt.date, dt.date] | None:
    first, dots, last = text.partition("..")
    try:
        days = dt.date.fromisoformat(first), dt.date.fromisoformat(last if dots else first)
    except ValueError:
        return None
    return days if days[0] <= days[1] and len(first) == 10 else None


def _split(entry: str) -> tuple[str, dt.date, float] | None:
    parts = entry.rsplit(" ", 2)
    if len(parts) != 3:
        return None
    try:
        day, ratio = dt.date.fromisoformat(parts[1]), float(parts[2])
    except ValueError:
        return None
    return (parts[0], day, ratio) if 0 < ratio < float("inf") and parts[0].strip() else None


def tell_accept(ticker: str, what: object, *, check: str) -> str:
    """How to keep a bar, or all that a check refuses of a ticker, as it came; where nobody can, what is left to do."""
    if check in firm_checks():
        return "correct the source, or drop the ticker"
    return f'to keep what came: data.quality.accept = ["{ticker} {what}"]'
