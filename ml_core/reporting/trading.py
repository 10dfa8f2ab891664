"""Writes what trading the forecasts came to, split by split, into one folder as tables and figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from ml_core.portfolio.attribution import ReturnAttribution
from ml_core.portfolio.comparison import Comparison
from ml_core.reporting.costs import draw_costs
from ml_core.reporting.curves import build_curves, draw_equity
from ml_core.reporting.style import count_sessions, write_figures, write_tables
from ml_core.spec.experiment import Experiment
from ml_core.vocabulary import words

OWN = "strategy"


def write_trading(experiment: Experiment, tables: Mapping[str, pl.DataFrame], folder: Path) -> list[str]:
    """`accounts` (the strategy's and those beside it, session by session), `risk`, `sweep`, `positions` and, where
    given, `origins` (where the money came from), each with a column `split`, as files; equity and costs as figures; the
    names of the files."""
    accounts, risk, sweep = tables["accounts"], tables["risk"], tables["sweep"]
    accounts.write_parquet(folder / "backtest.parquet")
    tables["positions"].write_parquet(folder / "positions.parquet")
    listed = {"risk": risk, "costs": sweep}
    if "origins" in tables:
        listed["origins"] = tables["origins"]
    files = ["backtest.parquet", "positions.parquet", *write_tables(folder, listed)]
    even = risk.filter(account=pl.lit(OWN), metric=pl.lit("break_even_cost_bps")).drop_nulls("value")
    asked = experiment.strategy.cost_bps
    counts = count_sessions(accounts, date="date", done="traded")
    figures = {
        "equity": draw_equity(
            build_curves(accounts, name_accounts(experiment, accounts)),
            title=f"{experiment.name}: equity and drawdown beside benchmarks",
            about=f"{counts}; after {asked:g} bp a side, what is bought and held without cost; "
            "each split begins anew at 1.",
        ),
        "costs": draw_costs(
            sweep, dict(even.select("split", "value").iter_rows()), asked=asked,
            title=f"{experiment.name}: what costs leave of the return",
            about=f"{counts}. A mark where nothing is left.",
        ),
    }  # fmt: skip
    return files + write_figures(folder, figures)


def gather(money: Mapping[str, Comparison]) -> dict[str, pl.DataFrame]:
    """The tables of every split under each other."""
    return {
        name: pl.concat(
            one.tables[name].select(pl.lit(split).alias("split"), pl.all()) for split, one in money.items()
        )
        for name in ("accounts", "risk", "sweep", "positions")
    }


def list_parts(origins: Mapping[str, ReturnAttribution]) -> pl.DataFrame:
    """The parts of every split under each other."""
    return pl.concat(
        one.parts.select(pl.lit(split).alias("split"), pl.all()) for split, one in origins.items()
    )


def name_accounts(experiment: Experiment, accounts: pl.DataFrame) -> dict[str, str]:
    """The strategy first, then what stands beside it, in words."""
    benchmark = experiment.universe.benchmark
    named = words.ACCOUNTS | {
        "buy_and_hold": f"{words.ACCOUNTS['buy_and_hold']}, {benchmark or 'all tickers'}",
        OWN: f"{words.ACCOUNTS[OWN]} after costs",
    }
    order = sorted(dict.fromkeys(accounts["account"]), key=lambda account: account != OWN)
    return {str(account): named[account] for account in order}
