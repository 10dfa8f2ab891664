"""What a backtest came to, split by split: the accounts, their numbers, and where the money came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from ml_core.portfolio.attribution import ReturnAttribution
    from ml_core.portfolio.comparison import Comparison


@dataclass(frozen=True)
class Traded:
    """`told`: what was traded. `money` and `origins` by split, as the command line's backtest has them."""

    told: str
    trials: int
    money: Mapping[str, Comparison]
    origins: Mapping[str, ReturnAttribution]

    @property
    def summary(self) -> dict[str, dict[str, Any]]:
        """By split, the numbers of the strategy, and under their names those of the other accounts."""
        return {split: one.summary for split, one in self.money.items()}

    @property
    def accounts(self) -> pl.DataFrame:
        """(split, account, date, gross, net, turnover, exposure)."""
        return _by_split({split: one.accounts for split, one in self.money.items()})

    @property
    def positions(self) -> pl.DataFrame:
        """(split, ticker, date, weight)."""
        return _by_split({split: one.positions for split, one in self.money.items()})


def _by_split(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(
        [table.select(pl.lit(split).alias("split"), pl.all()) for split, table in tables.items()]
    )
