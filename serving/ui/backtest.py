"""Tab: what the strategy would have earned on sessions that the model never learned from, with settings to try."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from ml_core.portfolio.attribution import ReturnAttribution
from ml_core.portfolio.comparison import EQUAL, HELD, STRATEGY, ZERO
from ml_core.reporting import words
from ml_core.reporting.words import MONEY, ORIGINS
from ml_core.spec import strategy as spec
from serving import markup
from serving.backtests import Backtested, BacktestSettings
from serving.markup import Cell, begin, panel, table, typeset, write
from serving.money_figures import draw_equity, draw_months
from serving.service import Service
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
CHARTS = ("equity", "months")
BESIDE = (STRATEGY, HELD, EQUAL, ZERO)
SPLITS = {
    "market": "By the market",
    "side": "By side",
    "sector": "By sector",
    "ticker": "By ticker, with its costs",
}
EARNED = "One unit in each account, after costs, on sessions that the model never learned from; below it the drawdown."
MONTHLY = "What each month came to, in percent; blue gained, orange lost."


class BacktestView(NamedTuple):
    """The parts below the controls; an empty part is not shown."""

    notice: str
    cards: str = ""
    about: str = ""
    equity: Figure | None = None
    monthly: str = ""
    months: Figure | None = None
    origins: str = ""
    accounts: str = ""
    positions: str = ""


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
                label="Cost, bp a side",
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
                ("from", "From (optional)"),
                ("to", "To (optional)"),
                ("day", "Positions on (optional)"),
            )
        ]
        who = choose_seat()
    tried = gr.State([])
    parts = lay_parts(BacktestView._fields, CHARTS, tab="backtest")

    def trade(before: list[str], *asked: Any) -> list[Any]:
        shown, after = show_backtest(service, before, *asked)
        return [after, *fill_parts(shown)]

    return Parts(drawn=(Drawing(trade, [tried, *parts], [*controls, *span, who], [tried]),))


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
        settings = BacktestSettings(changed, read_day("From", start), read_day("To", end))
        name = f"{who} {settings.name}"
        after = counted if name in counted else [*counted, name]
        made = service.backtest(settings, version=who or None, tried=len(after))
        shown = _show(made, tried=len(after), day=read_day("Positions on", day))
        counted[:] = after
        return shown

    return guard(service, "This backtest", answer, BacktestView), counted


def _show(made: Backtested, *, tried: int, day: dt.date | None) -> BacktestView:
    return BacktestView(
        "",
        _cards(made, tried),
        markup.lead("What it would have earned", f"{EARNED} {_told(made)}"),
        draw_equity(made.comparison),
        markup.lead("Month by month", MONTHLY),
        draw_months(made.comparison),
        _origins(made.origins),
        _accounts(made),
        _positions(made, day),
    )


def _told(made: Backtested) -> str:
    proven = "It is proven that trading it pays" if made.proven else "It is not proven that trading it pays"
    return (
        f"By {made.told}; from {made.first:%d %b %Y} to {made.last:%d %b %Y} there are forecasts. {proven}."
    )


def _cards(made: Backtested, tried: int) -> str:
    risk = made.comparison.risk[STRATEGY]

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


def _origins(told: ReturnAttribution) -> str:
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
    return panel("Where the money came from", about, inner)


def _accounts(made: Backtested) -> str:
    risk = made.comparison.risk
    rows = [
        [
            begin(told.label),
            *(
                Cell(write(risk[one].get(name), told.form), "", "wf-own" if one == STRATEGY else "")
                for one in BESIDE
            ),
        ]
        for name, told in MONEY.items()
        if any(risk[one].get(name) is not None for one in BESIDE)
    ]
    head = ("Measure", *(begin(words.ACCOUNTS[one]) for one in BESIDE))
    inner = markup.folded("All figures", table(head, rows))
    return panel("Beside accounts that need no forecast", "", inner)


def _positions(made: Backtested, day: dt.date | None) -> str:
    """Decided at the last close up to that day, the largest first."""
    decided = made.comparison.positions
    known = decided["date"].filter(decided["date"] <= (day or made.last))
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


TAB = Tab("Backtest", place=4, build=build)
