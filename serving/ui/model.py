"""Tab: the model that answers and the evidence for it: gate, scores beside baselines, backtest, search."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ml_core.errors import ForecastError
from ml_core.evaluation.metrics import find_metric, metric_names
from ml_core.registry.versions import flatten
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
        return markup.notice(service.spell_out(str(error)))
    except Exception:  # the page stays whole: the reason is for the log, not for the browser
        log.exception("the evidence could not be shown")
        return markup.notice("The evidence of this model cannot be shown; the server's log says why.")
    return f'<div class="wf-stack">{"".join(part for part in parts if part)}</div>'


def _identity(info: Info) -> str:
    checks, held_out = info.gate.get("checks", []), info.holdout.get("sessions", 0)
    passed = sum(bool(check["passed"]) for check in checks)
    family = str(info.spec["model"].get("family", "")).replace("_", " ")
    entries = [
        ("Version", info.version, f"{', '.join(info.aliases) or 'no alias'} of {info.model}", ""),
        ("Registered", f"{info.created:%d %b %Y}", f"{info.created:%H:%M} UTC", ""),
        ("Network", family, f"looks {info.spec['reading']['lookback']} sessions back", ""),
        ("Trained to", str(info.trained.get("end", "")), f"from {info.trained.get('start', '')}", ""),
        ("Holdout to", str(info.holdout.get("end", "")), f"{held_out} sessions no search saw", ""),
        ("Data version", str(info.data_version), f"{len(info.tickers)} tickers", ""),
        ("Gate", f"{passed} of {len(checks)}", "checks passed", ""),
    ]
    if info.oracle:
        best, found = number(info.oracle.get("ic")), number(info.oracle.get("achieved"))
        share = percent(info.oracle.get("recovered"), sign=False)
        entries.append(("Planted signal found", share, f"IC {found} of {best}", ""))
    return markup.cards(entries)


def _gate(info: Info) -> str:
    rows = [
        [
            check["name"][:1].upper() + check["name"][1:],
            Cell("\N{CHECK MARK} passed", look="wf-pass")
            if check["passed"]
            else Cell("\N{MULTIPLICATION X} refused", look="wf-refuse"),
            _judged(check),
            str(check["required"]),
            str(check["why"]),
        ]
        for check in info.gate.get("checks", [])
    ]
    about = "What a candidate has to show on the holdout before it may answer."
    return panel("Gate", about, table(("Check", "Verdict", "Value", "Required", "Why"), rows, text=(4,)))


def _judged(check: Mapping[str, Any]) -> str:
    """A check's value in the form of what it required."""
    if str(check["required"]).startswith("p "):
        return odds(check["value"])
    return percent(check["value"], sign=False) if "%" in str(check["required"]) else number(check["value"])


def _scores(info: Info) -> list[str]:
    """One table per horizon: metrics down, the model and each baseline across, all on the same rows."""
    known = {key for row in info.scores for key in row if key.startswith("skill_")}
    baselines = sorted((key.removeprefix("skill_") for key in known), key=_place)
    head = ("Metric", "Model", *(name.capitalize() for name in baselines))
    panels = []
    for horizon in info.horizons:
        rows = {
            row["metric"]: row for row in info.scores if row["horizon"] == horizon and row["ticker"] == "*"
        }
        shown = [_score(rows[name], baselines) for name in metric_names() if name in rows]
        if shown:
            first = next(iter(rows.values()))
            about = (
                f"{first['sessions']} sessions, {first['rows']:,} forecasts. Under the model its 90 % interval. Under "
                "each baseline, on the same rows, the share of its error that the model takes away, and p: "
                "how often luck alone gives such a lead."
            )
            ahead = markup.steps(horizon, info.frequency)
            panels.append(panel(f"Holdout scores, {ahead} ahead", about, table(head, shown)))
    return panels


def _place(name: str) -> tuple[int, str]:
    """The cheap ones first, as they are mostly read; further ones by name."""
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


def _score(row: Mapping[str, Any], baselines: list[str]) -> list[Cell | str]:
    name = row["metric"]
    interval = (
        f"{_value(name, row['low'])} to {_value(name, row['high'])}" if row.get("low") is not None else ""
    )
    cells: list[Cell | str] = [
        Cell(NAMES.get(name) or str(name).upper(), BETTER[find_metric(name).better]),
        Cell(_value(name, row["value"]), interval, "wf-own"),
        *(Cell(_value(name, row.get(beside)), _lead(row, beside)) for beside in baselines),
    ]
    return cells


def _lead(row: Mapping[str, Any], beside: str) -> str:
    """The share of the baseline's error that is gone, and p. How far a share of outcomes lies from its level can be
    next to nothing by chance: a share of that says nothing."""
    skill = row.get(f"skill_{beside}") if find_metric(row["metric"]).better != "level" else None
    parts = [percent(skill) if skill is not None else "", odds(row.get(f"p_{beside}"))]
    return ", ".join(part for part in parts if part)


def _value(metric: str, value: float | None) -> str:
    return percent(value, sign=False) if metric in SHARES else number(value)


def _coverage(info: Info) -> str:
    """Groups down, horizons across."""
    horizons = info.horizons[:MOST_HORIZONS]
    by_place = {(row["group"], row["horizon"]): row for row in info.coverage}
    rows = [
        [GROUPS.get(group, group), *(_held(by_place.get((group, horizon))) for horizon in horizons)]
        for group in dict.fromkeys(row["group"] for row in info.coverage)
    ]
    about = (
        "Share of holdout outcomes inside the 90 % interval, and the range that luck would give it. Calm, middle and "
        "wild compare a ticker's volatility, as known at each close, with thirds of its training dates."
    )
    head = ("Rows", *(f"{markup.steps(horizon, info.frequency)} ahead" for horizon in horizons))
    return panel("Where the intervals held", about, table(head, rows)) if rows else ""


def _held(row: Mapping[str, Any] | None) -> Cell | str:
    if row is None:
        return ""
    low, high = (percent(row[end], sign=False) for end in ("low", "high"))
    return Cell(percent(row["coverage"], sign=False), f"{low} to {high}, {row['rows']:,} rows")


def _backtest(info: Info) -> str:
    risk = info.backtest
    beside = [name for name in BESIDE if risk.get(name)]
    rows = [
        [
            Cell(label, _interval(risk, name, form)),
            Cell(_figure(risk[name], form), look="wf-own"),
            *(_figure(risk[account].get(name), form) for account in beside),
        ]
        for name, (label, form) in MEASURES.items()
        if name in risk
    ]
    cost = risk.get("break_even_cost_bps")
    spare = f"; costs of {cost:.1f} bp a side would take all of the gain" if cost is not None else ""
    about = (
        f"After costs, on the holdout. Turnover {percent(risk.get('turnover'), sign=False)} a session{spare}."
    )
    head = ("Measure", "Strategy", *(BESIDE[account] for account in beside))
    return panel("Backtest", about, table(head, rows)) if rows else ""


def _interval(risk: Mapping[str, Any], name: str, form: str) -> str:
    if name == "sharpe" and risk.get(name) is None:
        return str(risk.get("sharpe_reason") or "")
    low, high = (risk.get(f"{name}_{end}") for end in ("low", "high"))
    return f"90 %: {_figure(low, form)} to {_figure(high, form)}" if low is not None else ""


def _figure(value: float | None, form: str) -> str:
    return number(value) if form == "number" else percent(value, sign=form == "change")


def _search(info: Info) -> str:
    search = info.search
    families = ", ".join(f"{name} {count}" for name, count in (search.get("families") or {}).items())
    objective = str(search.get("objective", "")).upper()
    about = (
        f"{search.get('trials', 0)} trials ({search.get('finished', 0)} finished, {search.get('stopped', 0)} stopped "
        f"early, {search.get('failed', 0)} failed; {families}) in {search.get('seconds', 0):.0f} s, each over "
        f"{search.get('folds', 0)} folds. Chosen by {objective} on the folds' test dates."
    )
    rows = [
        [
            Cell(str(trial["trial"]), str(trial.get("family") or "")),
            number(trial.get("validation")),
            number(trial.get("test")),
            str(trial.get("epochs")),
            ", ".join(
                f"{key.rpartition('.')[2]} {_short(value)}" for key, value in trial.get("params", {}).items()
            ),
        ]
        for trial in search.get("head", [])
    ]
    head = ("Trial", "Validation", "Test folds", "Epochs", "Parameters")
    return panel("Search", about, table(head, rows, text=(4,)) if rows else "") if search else ""


def _spec(info: Info) -> str:
    flat = [[key, str(value)] for key, value in flatten(info.spec).items()]
    inner = markup.folded("Show all", table(("Key", "Value"), flat, text=(1,)))
    return panel("Specification", "Everything that determines this model, given the data.", inner)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
