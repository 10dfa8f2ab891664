"""How bad it gets: the tails of the strategy beside those of what it trades, and what it did on the worst days."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.bulletin.replay import Replay
from ml_core.bulletin.subject import ReportSubject
from ml_core.portfolio.comparison import HELD, STRATEGY, Comparison
from ml_core.reporting.document.document import (
    Block,
    Missing,
    NumberOrigin,
    Paragraph,
    Section,
    Table,
    table_of,
)
from ml_core.vocabulary import words

TITLE = "The risk of the strategy"
DAYS = 5
ENOUGH = 100  # sessions from which one in a hundred is told
FURTHER = 0.01  # the tail beyond the one that every account is told with


def tell_risk(subject: ReportSubject, again: Replay) -> Section:
    evidence = subject.evidence
    origin = subject.reported()
    if again.money is None or evidence is None:
        why = again.why or "nothing was judged yet."
        return Section(TITLE, (Missing("The risk of the strategy", why),), origin)
    asset = subject.experiment.universe.benchmark or "all tickers in equal parts"
    unit = "session" if subject.experiment.task.frequency == "daily" else "week"
    blocks: list[Block] = [
        Paragraph(
            f"What a single {unit} can take, of the strategy after costs and of the asset that it is set beside "
            f"({asset}, bought and kept). Loss beyond what {evidence.holdout.sessions} {unit}s have shown is possible."
        ),
        _tails(again.money, origin),
        _worst(again.money, HELD, f"The asset's {DAYS} worst {unit}s, and what the strategy did", origin),
    ]
    if evidence.backtest.exposure:
        blocks.append(
            _worst(
                again.money, STRATEGY, f"The strategy's {DAYS} worst {unit}s, and what the asset did", origin
            )
        )
    else:
        blocks.append(Paragraph(f"The strategy held nothing, so it has no worst {unit}s of its own."))
    return Section(TITLE, tuple(blocks), origin)


def _returns(money: Comparison) -> dict[str, np.ndarray]:
    return {
        name: money.accounts.filter(account=pl.lit(name)).sort("date")["net"].to_numpy()
        for name in (STRATEGY, HELD)
    }


def _tails(money: Comparison, origin: NumberOrigin) -> Table:
    returns, risk = _returns(money), money.risk
    rows = [
        {
            "risk": words.MONEY[name].label,
            **{
                title: words.write(risk[account].get(name), words.MONEY[name].form)
                for account, title in _titles()
            },
        }
        for name in ("volatility", "var", "cvar", "skew", "max_drawdown", "max_drawdown_sessions")
    ]
    for label, measure, signed in (
        (words.FURTHER_LOSS, _quantile, False),
        (words.FURTHER_MEAN, _beyond, False),
        (words.WORST, _least, True),
    ):
        told = {
            title: words.percent(measure(returns[account]), digits=1, sign=signed)
            for account, title in _titles()
        }
        rows.append({"risk": label, **told})
    caption = (
        f"The same {len(returns[STRATEGY])} sessions of both; a value at risk and a shortfall are told as losses, all "
        "else as it moved"
    )
    return table_of(caption, rows, origin)


def _titles() -> tuple[tuple[str, str], ...]:
    return (STRATEGY, words.ACCOUNTS[STRATEGY]), (HELD, words.ACCOUNTS[HELD])


def _quantile(returns: np.ndarray) -> float:
    return 0.0 - float(np.quantile(returns, FURTHER)) if len(returns) >= ENOUGH else float("nan")


def _beyond(returns: np.ndarray) -> float:
    """Where no hundred sessions are, none: it would be the worst one under another name."""
    if len(returns) < ENOUGH:
        return float("nan")
    return 0.0 - float(returns[returns <= np.quantile(returns, FURTHER)].mean())


def _least(returns: np.ndarray) -> float:
    return float(returns.min())


def _worst(money: Comparison, account: str, caption: str, origin: NumberOrigin) -> Table:
    """The days on which that account lost most."""
    own = money.accounts.filter(account=pl.lit(STRATEGY)).select("date", strategy="net", held="exposure")
    asset = money.accounts.filter(account=pl.lit(HELD)).select("date", asset="net")
    by = "strategy" if account == STRATEGY else "asset"
    days = own.join(asset, on="date").sort(by, "date").head(DAYS)
    rows = [
        {
            "session": f"{row['date']}",
            "asset": words.percent(row["asset"]),
            words.ACCOUNTS[STRATEGY]: words.percent(row["strategy"]),
            "held": words.percent(row["held"], digits=0, sign=False),
        }
        for row in days.iter_rows(named=True)
    ]
    return table_of(caption, rows, origin)
