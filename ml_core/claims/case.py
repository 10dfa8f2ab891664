"""What claims are judged on: the forecasts of one holdout beside what came, what rivals said of the same rows, and the
accounts of those who traded it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated

import numpy as np
import polars as pl
from pydantic import Field

from ml_core.errors import InvalidInput
from ml_core.evaluation.rows import ScoredRows, rows_of
from ml_core.evaluation.scores import lay_beside, rows_beside
from ml_core.portfolio.comparison import EQUAL, HELD, STRATEGY
from ml_core.spec.section import Fraction, FrozenSection

KEY, ACCOUNT = ["ticker", "as_of", "horizon"], ["account", "date", "net"]
SILENT = "the forecast says no direction"


class Terms(FrozenSection):
    """Whom each claim must beat, by name, and how near to their level intervals must hold."""

    level: tuple[str, ...] = ("zero", "mean", "last")
    order: tuple[str, ...] = ("ewma", "last")
    range: tuple[str, ...] = ("garch", "gjr_garch", "log_har")
    money: tuple[str, ...] = (HELD, EQUAL)
    coverage: Fraction = 0.9
    coverage_tolerance: Fraction = 0.05
    state_tolerance: Fraction = 0.1
    deflated_sharpe: Annotated[float, Field(ge=0, lt=1)] = 0.95
    state_sessions: Annotated[int, Field(ge=1)] = 20  # a state seen on fewer is not asked


@dataclass(frozen=True)
class Case:
    """One holdout.

    `scored`: SCORED rows. `rivals`: FORECAST tables of the same rows, by name. `volatility`: (ticker, as_of,
    volatility) as `tell_volatility` gives it. `accounts`: for each horizon that was traded (account, date, net), as a
    Comparison has it; `unfit`: why one of them bears no Sharpe. `trials`: how many independent ones were tried before
    this one was chosen.
    """

    scored: pl.DataFrame
    rivals: Mapping[str, pl.DataFrame]
    volatility: pl.DataFrame | None = None
    accounts: Mapping[int, pl.DataFrame] = field(default_factory=dict)
    unfit: Mapping[int, str] = field(default_factory=dict)
    periods_per_year: float = 252.0
    trials: float = 1.0
    terms: Terms = field(default_factory=Terms)

    @cached_property
    def horizons(self) -> tuple[int, ...]:
        return tuple(sorted({*self.scored["horizon"].unique().to_list(), *self.accounts}))

    @cached_property
    def _parts(self) -> dict[int, pl.DataFrame]:
        """The rows of each horizon, each rival's columns beside them."""
        table = lay_beside(self.scored, self.rivals)
        return {horizon: part for (horizon,), part in table.partition_by("horizon", as_dict=True).items()}

    @cached_property
    def _own(self) -> dict[int, ScoredRows]:
        return {horizon: rows_of(part) for horizon, part in self._parts.items()}

    def own(self, horizon: int) -> ScoredRows | None:
        """The rows that have an outcome; None where there are none."""
        rows = self._own.get(horizon)
        return rows if rows and rows.sessions else None

    def silent(self, horizon: int) -> bool:
        """Whether every mean is zero: who says no direction claims none."""
        rows = self.own(horizon)
        return rows is not None and not np.any(rows["mean"])

    def of_rival(self, horizon: int, rival: str) -> ScoredRows:
        """The same rows under the rival's forecast."""
        if rival not in self.rivals:
            has = ", ".join(sorted(self.rivals)) or "none"
            raise InvalidInput(f"claims: no forecast of rival '{rival}'; there are: {has}")
        return rows_beside(self._parts[horizon], self._own[horizon], rival)

    def account(self, horizon: int, names: tuple[str, ...]) -> pl.DataFrame:
        """date, and the net returns of the named accounts on the dates that all of them have, in the order of time."""
        table = self.accounts[horizon]
        known = set(table["account"].unique())
        for name in names:
            if name not in known:
                raise InvalidInput(f"claims: no account '{name}'; there are: {', '.join(sorted(known))}")
        wide: pl.DataFrame | None = None
        for name in names:
            own = table.filter(pl.col("account") == name).select("date", pl.col("net").alias(name))
            wide = own if wide is None else wide.join(own, on="date", how="inner")
        assert wide is not None
        return wide.drop_nulls().sort("date")

    def facing(
        self, name: str, forecasts: pl.DataFrame, accounts: Mapping[int, pl.DataFrame] | None = None
    ) -> Case:
        """This case on the rows that one more rival answers too, with its accounts under that name beside the others.
        `forecasts`: FORECAST columns; `accounts`: as those here, of which the strategy's is the rival's."""
        shared = self.scored.join(forecasts.select(KEY), on=KEY, how="semi", maintain_order="left")
        kept = {rival: table.join(shared, on=KEY, how="semi") for rival, table in self.rivals.items()}
        kept[name] = forecasts.join(shared, on=KEY, how="semi")
        books = {
            horizon: pl.concat([table.select(ACCOUNT), _rename(accounts[horizon], name)])
            for horizon, table in self.accounts.items()
            if accounts and horizon in accounts
        }
        return replace(self, scored=shared, rivals=kept, accounts=books)


def _rename(accounts: pl.DataFrame, name: str) -> pl.DataFrame:
    own = accounts.filter(pl.col("account") == STRATEGY)
    return own.with_columns(account=pl.lit(name)).select(ACCOUNT)
