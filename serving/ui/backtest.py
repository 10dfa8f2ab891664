"""Tab: what the strategy would have earned on sessions that the model never learned from, with settings to try."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from ml_core.portfolio.comparison import STRATEGY
from ml_core.spec import strategy as spec
from ml_core.vocabulary import words
from ml_core.vocabulary.words import MONEY
from serving.backtests import Backtested, BacktestSettings
from serving.figures.money import draw_equity, draw_months
from serving.figures.worth import draw_cost_curve, draw_rolling_ic, draw_tenths
from serving.look import markup
from serving.look.markup import begin, write
from serving.service import Service
from serving.ui._account import show_accounts, show_origins, show_positions, show_trades
from serving.ui._days import read_day
from serving.ui._drawing import fill_parts, lay_parts
from serving.ui._guard import guard
from serving.ui._seats import choose_seat
from serving.ui._tab import Drawing, Parts, Tab

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

KINDS = {
    "auto": "Automatic",
    "long_short": "Long and short",
    "single": "Each ticker alone",
    "long_only": "Long only",
    "sign": "By sign",
}
SPAN = ("From", "To")
CHARTS = ("equity", "months", "ic", "tenths", "costs")
EARNED = (
    "One unit in each account, after costs, on sessions that the model never learned from; below it the drawdown, and "
    "the share of the equity in positions. The grey band is luck: on each day it holds 90 % of accounts as wild as "
    "this one that have no edge."
)
MONTHLY = "What each month came to, in percent; blue gained, orange lost."
COSTLY = "What is left of a year's return at each cost of a trade."


class BacktestView(NamedTuple):
    """The parts below the controls; an empty part is not shown."""

    notice: str
    cards: str = ""
    about: str = ""
    equity: Figure | None = None
    monthly: str = ""
    months: Figure | None = None
    worth: str = ""
    ic: Figure | None = None
    tenths: Figure | None = None
    costly: str = ""
    costs: Figure | None = None
    origins: str = ""
    accounts: str = ""
    positions: str = ""
    trades: str = ""


def build(service: Service) -> Parts:
    """Controls above; all below is reckoned anew on every change of them, and each setting that is tried counts."""
    import gradio as gr

    strategy = service.experiment.strategy
    with gr.Row():
        named = dict.fromkeys((*spec.KINDS, strategy.kind))  # the file's own may have come from outside
        kinds = [(KINDS.get(one, begin(words.baseline(one))), one) for one in named]
        controls = [
            gr.Dropdown(kinds, value=strategy.kind, label="Strategy", min_width=150, elem_id="backtest-kind"),
            gr.Slider(0.05, 0.5, strategy.quantile, step=0.05, label="Share held a side", min_width=180),
            gr.Slider(
                0,
                50,
                strategy.cost_bps,
                step=1,
                label=begin(words.COST),
                min_width=180,
                elem_id="backtest-cost",
            ),
            gr.Slider(0, 20, strategy.smoothing, step=1, label="Smoothing, sessions", min_width=180),
        ]
    with gr.Row():
        span = [
            gr.DateTime(
                label=label, include_time=False, type="string", min_width=270, elem_id=f"backtest-{name}"
            )
            for name, label in (
                ("from", f"{SPAN[0]} (optional)"),
                ("to", f"{SPAN[1]} (optional)"),
                ("day", "Positions on (optional)"),
            )
        ]
        who = choose_seat()
    tried = gr.State([])
    parts = lay_parts(BacktestView._fields, CHARTS, tab="backtest")

    def trade(before: list[str], *asked: Any) -> list[Any]:
        shown, after = show_backtest(service, before, *asked)
        return [after, *fill_parts(shown)]

    names = ("strategy", "held", "cost", "smoothing", "from", "to", "day")
    return Parts(
        dict(zip(names, [*controls, *span], strict=True)),
        drawn=(Drawing(trade, [tried, *parts], [*controls, *span, who], [tried]),),
    )


def show_backtest(
    service: Service,
    tried: list[str],
    kind: str,
    quantile: float,
    cost: float,
    smoothing: float,
    start: str | None = None,
    end: str | None = None,
    day: str | None = None,
    who: str = "",
) -> tuple[BacktestView, list[str]]:
    """What the page shows for these controls, and the settings that this visitor has tried, this one among them. One
    that is refused was not tried."""
    counted = list(tried)

    def answer() -> BacktestView:
        own = service.experiment.strategy
        asked = {"kind": kind, "quantile": quantile, "cost_bps": cost, "smoothing": smoothing}
        changed = {name: value for name, value in asked.items() if value != getattr(own, name)}
        since, until = (read_day(*one) for one in zip(SPAN, (start, end), strict=True))
        settings = BacktestSettings(changed, since, until, SPAN)
        name = f"{who} {settings.name}"
        after = counted if name in counted else [*counted, name]
        made = service.backtest(settings, version=who or None, tried=len(after))
        shown = _show(service, made, tried=len(after), day=read_day("Positions on", day))
        counted[:] = after
        return shown

    return guard(service, "This backtest", answer, BacktestView), counted


def _show(service: Service, made: Backtested, *, tried: int, day: dt.date | None) -> BacktestView:
    reckoning, compared, task = made.reckoning, made.reckoning.comparison, service.experiment.task
    even = compared.risk[STRATEGY].get("break_even_cost_bps")
    return BacktestView(
        "",
        _cards(made, tried),
        markup.lead("What it would have earned", f"{EARNED} {_told(made)}"),
        draw_equity(compared, reckoning.luck),
        markup.lead("Month by month", MONTHLY),
        draw_months(compared),
        markup.lead("What the forecasts were worth", tell_worth(reckoning.ic, task.frequency)),
        draw_rolling_ic(reckoning.ic),
        draw_tenths(reckoning.deciles, priced=task.target != "rank"),
        markup.lead("What costs leave", COSTLY),
        draw_cost_curve(compared.sweep, paid=made.strategy.cost_bps, even=even),
        show_origins(reckoning.origins),
        show_accounts(compared),
        show_positions(compared.positions, day or made.last),
        show_trades(reckoning.trades),
    )


def tell_worth(ic: pl.DataFrame, frequency: str) -> str:
    """What the two charts below it show."""
    if ic.is_empty():
        return "No outcome is known yet."
    row = ic.row(0, named=True)
    ahead, last = markup.steps(row["horizon"], frequency), markup.steps(row["window"], frequency)
    return (
        f"First the correlation of forecast and outcome {ahead} ahead over {row['over']}, mean of the last {last}. "
        "Then all forecasts in tenths: what each tenth said, and beside it what came, with the range that holds its "
        "mean in 90 % of cases."
    )


def _told(made: Backtested) -> str:
    span = f"from {made.first:%d %b %Y} to {made.last:%d %b %Y} there are forecasts"
    return f"By {made.told}; {span}. {made.judged}."


def _cards(made: Backtested, tried: int) -> str:
    risk = made.reckoning.comparison.risk[STRATEGY]

    def card(name: str, note: str) -> tuple[str, str, str, str]:
        return begin(MONEY[name].label), write(risk.get(name), MONEY[name].form), note, ""

    settings = f"{tried} setting{'' if tried == 1 else 's'}"
    deflated = f"by {made.trials} trials, yours among them" if made.trials > 1 else "nothing was tried before"
    sharpe = (
        risk.get("sharpe_reason")
        or f"{write(risk.get('sharpe_low'), 'ratio')} to {write(risk.get('sharpe_high'), 'ratio')}"
    )
    return markup.cards(
        [
            ("You have tried", settings, "each makes a lucky one likelier", ""),
            card("sharpe", sharpe),
            card("deflated_sharpe", deflated),
            card("annual_return", "after costs"),
            card("max_drawdown", "below an earlier peak"),
            card("break_even_cost_bps", f"{made.strategy.cost_bps:g} bp are paid"),
        ]
    )


TAB = Tab("Backtest", place=4, build=build)
