"""What trading the forecasts came to on the holdout: beside what needs no forecast, month by month, and after costs."""

from __future__ import annotations

import polars as pl

from ml_core.bulletin.parts.origins import tell_origins
from ml_core.bulletin.pictures import picture
from ml_core.bulletin.replay import Replay
from ml_core.bulletin.subject import ReportSubject
from ml_core.portfolio.comparison import STRATEGY, Comparison
from ml_core.registry.account import Account, Backtest
from ml_core.reporting.costs import draw_costs
from ml_core.reporting.curves import build_curves, draw_equity
from ml_core.reporting.document.document import Block, Missing, NumberOrigin, Paragraph, Section, table_of
from ml_core.reporting.trading import name_accounts
from ml_core.vocabulary import words

TITLE = "In money"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
RISKS = ("var", "cvar", "skew")  # have a section of their own


def tell_money(subject: ReportSubject, again: Replay) -> Section:
    evidence = subject.evidence
    if evidence is None:
        why = "nothing was judged yet."
        return Section(TITLE, (Missing("Trading", why, subject.spell("search")),), subject.today("backtest"))
    origin = subject.then("backtest", "--out", "DIR")
    own, strategy = evidence.backtest, subject.experiment.strategy
    first, last = own.start or evidence.holdout.start, own.end or evidence.holdout.end
    told = (
        f"The strategy of the file ({strategy.kind}) bought and sold by the forecasts of the holdout, {first} to "
        f"{last}, at {strategy.cost_bps:g} bp a side. Beside it stands what needs no forecast, on the same sessions."
    )
    blocks: list[Block] = [Paragraph(told)]
    if not own.exposure:
        blocks.append(
            Paragraph(
                "It held nothing: whoever gives no direction is not traded. Its numbers are those of cash."
            )
        )
    blocks.append(_accounts(own, subject.then("models", "--json", named=False)))
    if own.sharpe_reason:
        blocks.append(Paragraph(f"There is no {words.MONEY['sharpe'].label}: {own.sharpe_reason}.", "note"))
    if again.money is None:
        return Section(TITLE, (*blocks, Missing("Curves, months and costs", again.why)), origin)
    if again.differs:
        blocks.append(
            Paragraph(f"The curves below are not quite those that were judged: {again.differs}.", "bad")
        )
    months = _months(again.money, subject.reported()) if own.exposure else []
    drawn = [_drawn(subject, again.money, origin), *months, _costs(subject, again.money, own, origin)]
    return Section(TITLE, (*blocks, *drawn, *tell_origins(again, subject.then("backtest"))), origin)


def _accounts(own: Backtest, origin: NumberOrigin) -> Block:
    beside: dict[str, Account | None] = {
        "buy_and_hold": own.benchmark,
        "equal_weight": own.equal_weight,
        "zero_forecast": own.zero_forecast,
    }
    shown = {words.ACCOUNTS[name]: one for name, one in beside.items() if one is not None}
    rows = []
    for name, measure in words.MONEY.items():
        if name in RISKS:
            continue
        low, high = (getattr(own, f"{name}_{end}", None) for end in ("low", "high"))
        rows.append(
            {
                "after costs": measure.label,
                words.ACCOUNTS[STRATEGY]: words.write(getattr(own, name), measure.form),
                "90 %": words.interval(low, high, measure.form),
                **{title: words.write(getattr(one, name), measure.form) for title, one in shown.items()},
            }
        )
    if not any(row["90 %"] for row in rows):
        return table_of("Return and risk after costs", drop(rows, "90 %"), origin)
    return table_of(
        "Return and risk after costs; 90 %: where the strategy's true number may lie", rows, origin
    )


def drop(rows: list[dict[str, str]], name: str) -> list[dict[str, str]]:
    """Without a column that says nothing."""
    return [{key: value for key, value in row.items() if key != name} for row in rows]


def _drawn(subject: ReportSubject, money: Comparison, origin: NumberOrigin) -> Block:
    accounts = money.accounts.with_columns(split=pl.lit("holdout"))
    named = name_accounts(subject.experiment, accounts)
    total, fall = words.MONEY["cumulative"], words.MONEY["max_drawdown"]
    ends = "; ".join(
        f"{named[account]} {words.write(money.risk[account]['cumulative'], total.form)}, at worst "
        f"{words.write(money.risk[account]['max_drawdown'], fall.form)}"
        for account in named
    )
    return picture(
        draw_equity(build_curves(accounts, named), title=""),
        "equity",
        "Growth of one, and under it how far each account stood below its peak",
        f"Two charts over time. {total.label} and {fall.label}: {ends}.",
        origin,
        height=4.2,
    )


def _costs(subject: ReportSubject, money: Comparison, own: Backtest, origin: NumberOrigin) -> Block:
    """Of who held nothing it would be a flat line."""
    what = f"What is left of the {words.MONEY['annual_return'].label} at each cost of trading"
    if not own.exposure:
        return Missing(what, "nothing was bought or sold, so no cost takes anything.")
    sweep, even = money.sweep.with_columns(split=pl.lit("holdout")), own.break_even_cost_bps
    told = (
        f"Nothing is left at {words.write(even, 'ratio')} bp a side."
        if even
        else "Nothing is left at any cost."
    )
    asked = subject.experiment.strategy.cost_bps
    return picture(
        draw_costs(sweep, {"holdout": even} if even else {}, asked=asked, title=""),
        "costs",
        what,
        f"A line that falls as trading costs more. {told}",
        origin,
        height=3.3,
    )


def _months(money: Comparison, origin: NumberOrigin) -> list[Block]:
    own = money.accounts.filter(account=pl.lit(STRATEGY)).sort("date")
    grown = (1 + pl.col("net")).product() - 1
    months = own.group_by(year=pl.col("date").dt.year(), month=pl.col("date").dt.month()).agg(grown)
    years = dict(own.group_by(pl.col("date").dt.year().alias("year")).agg(grown).iter_rows())
    returns = {(year, month): net for year, month, net in months.iter_rows()}
    rows = [
        {
            "year": f"{year}",
            **{name: _percent(returns.get((year, month))) for month, name in enumerate(MONTHS, start=1)},
            "all": _percent(years[year]),
        }
        for year in sorted(years)
    ]
    return [table_of("The strategy's return after costs, month by month, in percent", rows, origin)]


def _percent(value: float | None) -> str:
    """Without the sign of percent, which the caption names: twelve months stand beside each other."""
    return "" if value is None else words.percent(value, digits=1).removesuffix(" %")
