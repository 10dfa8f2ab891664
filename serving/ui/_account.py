"""Writes what an account came to as tables: where its money came from, what stands beside it, what it holds, and what
it traded."""

from __future__ import annotations

import datetime as dt

import polars as pl

from ml_core.portfolio.attribution import ReturnAttribution
from ml_core.portfolio.comparison import EQUAL, HELD, STRATEGY, ZERO, Comparison
from ml_core.vocabulary import words
from ml_core.vocabulary.words import MONEY, ORIGINS
from serving.look import markup
from serving.look.markup import Cell, begin, panel, table, typeset, write

BESIDE = (STRATEGY, HELD, EQUAL, ZERO)
SPLITS = {
    "market": "By the market",
    "side": "By side",
    "sector": "By sector",
    "ticker": "By ticker, with its costs",
}
LISTED, SAVED = 100, 2_000  # trades; more are those of the command's --out


def show_origins(told: ReturnAttribution) -> str:
    """The first split stands open, the others are folded; each adds up to the total return."""
    tables = {}
    for by, title in SPLITS.items():
        parts = [
            (begin(ORIGINS[name]) if by in ("market", "side") else name, gain)
            for name, gain in told.by(by).items()
        ]
        rows = [[name, typeset(words.percent(gain))] for name, gain in parts]
        if rows:
            tables[title] = table(("Part", "Of the equity at the start"), rows)
    first, *others = tables
    about = f"{first}. Each split adds up to {typeset(words.percent(told.total))}."
    inner = tables[first] + "".join(markup.folded(title, tables[title]) for title in others)
    return panel(words.HEADINGS["origins"], about, inner)


def show_accounts(compared: Comparison) -> str:
    risk = compared.risk
    rows = [
        [
            begin(told.label),
            *(
                Cell(write(risk[one].get(name), told.form), "", "cc-own" if one == STRATEGY else "")
                for one in BESIDE
            ),
        ]
        for name, told in MONEY.items()
        if any(risk[one].get(name) is not None for one in BESIDE)
    ]
    head = ("Measure", *(begin(words.ACCOUNTS[one]) for one in BESIDE))
    equity = compared.accounts.sort("date").select(
        "date", "account", equity=(1 + pl.col("net")).cum_prod().over("account")
    )
    daily = equity.pivot("account", index="date", values="equity")
    inner = markup.folded("All figures", table(head, rows))
    inner += markup.saved("accounts", daily, "Save each account day by day as CSV")
    return panel("Beside accounts that need no forecast", "", inner)


def show_positions(decided: pl.DataFrame, day: dt.date) -> str:
    """Decided at the last close up to that day, the largest first."""
    known = decided["date"].filter(decided["date"] <= day)
    if known.is_empty():
        return panel(
            "Positions",
            f"None yet on {day:%d %b %Y}: the first are decided on {decided['date'].min():%d %b %Y}.",
            "",
        )
    held = decided.filter(date=known.max()).filter(decided.filter(date=known.max())["weight"] != 0)
    rows = sorted(held.iter_rows(named=True), key=lambda row: -abs(row["weight"]))
    lines = [
        [
            row["ticker"],
            "long" if row["weight"] > 0 else "short",
            typeset(words.percent(row["weight"], digits=1)),
        ]
        for row in rows
    ]
    about = f"Decided at the close of {known.max():%d %b %Y}."
    return panel(
        "Positions",
        about if lines else f"{about} Nothing is held.",
        table(("Ticker", "Side", "Share"), lines) if lines else "",
    )


def show_trades(trades: pl.DataFrame) -> str:
    """The last ones; a share is written with two digits, as a trade of a held name may be small."""
    if trades.is_empty():
        return ""
    rows = [
        [
            f"{row['date']:%d %b %Y}",
            row["ticker"],
            *(
                typeset(words.percent(share))
                for share in (row["before"], row["after"], row["after"] - row["before"])
            ),
        ]
        for row in trades.head(LISTED).iter_rows(named=True)
    ]
    told = f"The last {len(rows)}" if len(rows) < trades.height else "All"
    listed = table(("Session", "Ticker", "Before", "After", "Traded"), rows)
    about = "Shares of the equity; before: as prices had left what was held."
    listed += markup.saved("trades", trades.head(SAVED))
    return panel("Trades", about, markup.folded(f"{told} of {trades.height:,}", listed))
