"""Tab: the model that answers and the evidence for it: gate, scores beside baselines, backtest, search."""

from __future__ import annotations

import logging
from typing import Any

from ml_core.errors import ForecastError
from ml_core.evaluation.metrics import find_metric, metric_names
from ml_core.registry.account import Backtest
from ml_core.registry.scores import Beside, CoverageRow, Score
from ml_core.registry.verdict import Check
from ml_core.registry.versions import flatten
from ml_core.spec.plain import plain
from serving import markup
from serving.markup import Cell, number, odds, panel, percent, table
from serving.messages import DISCLAIMER, Info
from serving.service import Service
from serving.ui._features import show_features

title, place = "Model", 2
FIRST = ("zero", "mean", "last", "ewma", "ridge")
NAMES = {"direction": "Direction", "rank_ic": "Rank IC", "pinball": "Pinball", "coverage": "Coverage"}
BETTER = {"lower": "lower is better", "higher": "higher is better", "level": "at the interval's level"}
SHARES = ("direction", "coverage", "mape")
GROUPS = {"all": "All", "calm": "Calm", "middle": "Middle", "wild": "Wild"}
MOST_HORIZONS = 6
MEASURES = {
    "cumulative": ("Cumulative return", "change"),
    "annual_return": ("Annual return", "change"),
    "volatility": ("Volatility a year", "share"),
    "sharpe": ("Sharpe", "number"),
    "probabilistic_sharpe": ("Chance that it is above 0", "share"),
    "deflated_sharpe": ("Above the luck of all trials", "share"),
    "sortino": ("Sortino", "number"),
    "calmar": ("Calmar", "number"),
    "max_drawdown": ("Deepest drawdown", "change"),
    "win_rate": ("Sessions with a gain", "share"),
    "var": ("Value at risk, a session", "share"),
    "cvar": ("Expected shortfall, a session", "share"),
}
PASSED = Cell("\N{CHECK MARK} passed", look="wf-pass")
REFUSED = Cell("\N{MULTIPLICATION X} refused", look="wf-refuse")
BESIDE = {"benchmark": "Buy and hold", "equal_weight": "Equal weight", "zero_forecast": "Zero forecast"}

log = logging.getLogger(__name__)


def build(service: Service) -> None:
    """One page of HTML, made when the app is opened."""
    import gradio as gr

    gr.HTML(lambda: show_evidence(service), elem_id="evidence")
    gr.HTML(f'<p class="wf-disclaimer">{DISCLAIMER}</p>')


def show_evidence(service: Service) -> str:
    """The evidence of the served model, or what is in the way of it."""
    try:
        info = service.info()
        parts = [
            _identity(info),
            _gate(info),
            *_scores(info),
            _coverage(info),
            _backtest(info),
            _search(info),
            show_features(info.choice),
            _spec(info),
        ]
    except ForecastError as error:
        return markup.notice(str(error))
    except Exception:  # the page stays whole: the reason is for the log, not for the browser
        log.exception("the evidence could not be shown")
        return markup.notice("The evidence of this model cannot be shown; the server's log says why.")
    return f'<div class="wf-stack">{"".join(part for part in parts if part)}</div>'


def _identity(info: Info) -> str:
    checks, holdout, trained = info.gate.checks, info.holdout, info.trained
    passed = sum(check.passed for check in checks)
    family = info.spec.model.family.replace("_", " ")
    entries = [
        ("Version", info.version, f"{', '.join(info.aliases) or 'no alias'} of {info.model}", ""),
        ("Registered", f"{info.created:%d %b %Y}", f"{info.created:%H:%M} UTC", ""),
        ("Network", family, f"looks {info.spec.reading.lookback} sessions back", ""),
        ("Trained to", str(trained.end), f"from {trained.start}", ""),
        ("Holdout to", str(holdout.end), f"{holdout.sessions} sessions no search saw", ""),
        ("Data version", str(info.data_version), f"{len(info.tickers)} tickers", ""),
        ("Gate", f"{passed} of {len(checks)}", "checks passed", ""),
    ]
    if info.oracle:
        best, found = number(info.oracle.ic), number(info.oracle.achieved)
        share = percent(info.oracle.recovered, sign=False)
        entries.append(("Planted signal found", share, f"IC {found} of {best}", ""))
    return markup.cards(entries)


def _gate(info: Info) -> str:
    rows = [
        [
            check.name[:1].upper() + check.name[1:],
            PASSED if check.passed else REFUSED,
            _judged(check),
            check.required,
            check.why,
        ]
        for check in info.gate.checks
    ]
    about = "What a candidate has to show on the holdout before it may answer."
    return panel("Gate", about, table(("Check", "Verdict", "Value", "Required", "Why"), rows, text=(4,)))


def _judged(check: Check) -> str:
    """A check's value in the form of what it required."""
    if check.required.startswith("p "):
        return odds(check.value)
    return percent(check.value, sign=False) if "%" in check.required else number(check.value)


def _scores(info: Info) -> list[str]:
    """One table per horizon: metrics down, the model and each baseline across, all on the same rows."""
    baselines = sorted({name for row in info.scores for name in row.beside}, key=_place)
    head = ("Metric", "Model", *(name.capitalize() for name in baselines))
    panels = []
    for horizon in info.horizons:
        rows = {row.metric: row for row in info.scores if row.horizon == horizon and row.ticker == "*"}
        shown = [_score(rows[name], baselines) for name in metric_names() if name in rows]
        if shown:
            first = next(iter(rows.values()))
            about = (
                f"{first.sessions} sessions, {first.rows:,} forecasts. Under the model its 90 % interval. Under "
                "each baseline, on the same rows, the share of its error that the model takes away, and p: "
                "how often luck alone gives such a lead."
            )
            ahead = markup.steps(horizon, info.frequency)
            panels.append(panel(f"Holdout scores, {ahead} ahead", about, table(head, shown)))
    return panels


def _place(name: str) -> tuple[int, str]:
    """The cheap ones first, as they are mostly read; further ones by name."""
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


def _score(row: Score, baselines: list[str]) -> list[Cell | str]:
    name = row.metric
    interval = f"{_value(name, row.low)} to {_value(name, row.high)}" if row.low is not None else ""
    others = [row.beside.get(baseline, Beside()) for baseline in baselines]
    return [
        Cell(NAMES.get(name) or name.upper(), BETTER[find_metric(name).better]),
        Cell(_value(name, row.value), interval, "wf-own"),
        *(Cell(_value(name, other.value), _lead(name, other)) for other in others),
    ]


def _lead(metric: str, other: Beside) -> str:
    """The share of the baseline's error that is gone, and p. How far a share of outcomes lies from its level can be
    next to nothing by chance: a share of that says nothing."""
    skill = other.skill if find_metric(metric).better != "level" else None
    parts = [percent(skill) if skill is not None else "", odds(other.p)]
    return ", ".join(part for part in parts if part)


def _value(metric: str, value: float | None) -> str:
    return percent(value, sign=False) if metric in SHARES else number(value)


def _coverage(info: Info) -> str:
    """Groups down, horizons across."""
    horizons = info.horizons[:MOST_HORIZONS]
    by_place = {(row.group, row.horizon): row for row in info.coverage}
    rows = [
        [GROUPS.get(group, group), *(_held(by_place.get((group, horizon))) for horizon in horizons)]
        for group in dict.fromkeys(row.group for row in info.coverage)
    ]
    about = (
        "Share of holdout outcomes inside the 90 % interval, and the range that luck would give it. Calm, middle and "
        "wild compare a ticker's volatility, as known at each close, with thirds of its training dates."
    )
    head = ("Rows", *(f"{markup.steps(horizon, info.frequency)} ahead" for horizon in horizons))
    return panel("Where the intervals held", about, table(head, rows)) if rows else ""


def _held(row: CoverageRow | None) -> Cell | str:
    if row is None:
        return ""
    low, high = (percent(end, sign=False) for end in (row.low, row.high))
    return Cell(percent(row.coverage, sign=False), f"{low} to {high}, {row.rows:,} rows")


def _backtest(info: Info) -> str:
    risk = info.backtest
    beside = {label: account for name, label in BESIDE.items() if (account := getattr(risk, name))}
    rows = [
        [
            Cell(label, _interval(risk, name, form)),
            Cell(_figure(getattr(risk, name), form), look="wf-own"),
            *(_figure(getattr(account, name), form) for account in beside.values()),
        ]
        for name, (label, form) in MEASURES.items()
        if name in risk.model_fields_set  # a number that was not kept yet has no row
    ]
    cost = risk.break_even_cost_bps
    spare = f"; costs of {cost:.1f} bp a side would take all of the gain" if cost is not None else ""
    about = f"After costs, on the holdout. Turnover {percent(risk.turnover, sign=False)} a session{spare}."
    return panel("Backtest", about, table(("Measure", "Strategy", *beside), rows))


def _interval(risk: Backtest, name: str, form: str) -> str:
    if name == "sharpe" and risk.sharpe is None:
        return risk.sharpe_reason or ""
    low, high = (getattr(risk, f"{name}_{end}", None) for end in ("low", "high"))
    return f"90 %: {_figure(low, form)} to {_figure(high, form)}" if low is not None else ""


def _figure(value: float | None, form: str) -> str:
    return number(value) if form == "number" else percent(value, sign=form == "change")


def _search(info: Info) -> str:
    search = info.search
    families = ", ".join(f"{name} {count}" for name, count in search.families.items())
    about = (
        f"{search.trials} trials ({search.finished} finished, {search.stopped} stopped early, {search.failed} failed; "
        f"{families}) in {search.seconds:.0f} s, each over {search.folds} folds. Chosen by {search.objective.upper()} "
        "on the folds' test dates."
    )
    rows = [
        [
            Cell(trial.trial, trial.family or ""),
            number(trial.validation),
            number(trial.test),
            str(trial.epochs),
            ", ".join(f"{key.rpartition('.')[2]} {_short(value)}" for key, value in trial.params.items()),
        ]
        for trial in search.head
    ]
    head = ("Trial", "Validation", "Test folds", "Epochs", "Parameters")
    return panel("Search", about, table(head, rows, text=(4,)) if rows else "")


def _spec(info: Info) -> str:
    flat = [[key, str(value)] for key, value in flatten(plain(info.spec)).items()]
    inner = markup.folded("Show all", table(("Key", "Value"), flat, text=(1,)))
    return panel("Specification", "Everything that determines this model, given the data.", inner)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
