"""Tab: the model that answers and the evidence for it: gate, scores beside baselines, backtest, search."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ml_core.errors import ForecastError
from ml_core.evaluation.metrics import find_metric, metric_names
from serving import markup
from serving.markup import Cell, number, odds, panel, percent, table
from serving.messages import DISCLAIMER, Info
from serving.service import Service

title, place = "Model", 2
SHARES = ("direction", "coverage", "mape")
BASELINES = ("zero", "mean", "last", "ridge")

log = logging.getLogger(__name__)


def build(service: Service) -> None:
    """One page of HTML, made when the app is opened."""
    import gradio as gr

    gr.HTML(lambda: _show(service), elem_id="evidence")
    gr.HTML(f'<p class="wf-disclaimer">{DISCLAIMER}</p>')


def _show(service: Service) -> str:
    try:
        info = service.info()
        parts = [_identity(info), _gate(info), *_scores(info), _backtest(info), _search(info), _spec(info)]
    except ForecastError as error:
        return markup.notice(str(error))
    except Exception:
        log.exception("the evidence could not be shown")
        return markup.notice("The evidence of this model cannot be shown; the server's log says why.")
    return f'<div class="wf-stack">{"".join(part for part in parts if part)}</div>'


def _identity(info: Info) -> str:
    checks = info.gate.get("checks", [])
    passed = sum(bool(check["passed"]) for check in checks)
    entries = [
        ("Version", info.version, f"{', '.join(info.aliases) or 'no alias'} of {info.model}", ""),
        ("Registered", f"{info.created:%d %b %Y}", f"{info.created:%H:%M} UTC", ""),
        ("Network", _family(info), f"{info.spec['task']['lookback']} sessions back", ""),
        ("Trained to", str(info.trained.get("end", "")), f"from {info.trained.get('start', '')}", ""),
        (
            "Holdout to",
            str(info.holdout.get("end", "")),
            f"{info.holdout.get('sessions', 0)} sessions never searched on",
            "",
        ),
        ("Data version", str(info.data_version), f"{len(info.tickers)} tickers", ""),
        ("Gate", f"{passed} of {len(checks)}", "checks passed", ""),
        *_recovered(info),
    ]
    return markup.cards(entries)


def _recovered(info: Info) -> list[tuple[str, str, str, str]]:
    oracle = info.oracle
    if not oracle:
        return []
    best, found = number(oracle.get("ic")), number(oracle.get("achieved"))
    share = percent(oracle.get("recovered"), sign=False)
    return [("Planted signal found", share, f"ic {found} of {best}", "")]


def _gate(info: Info) -> str:
    rows = [
        [
            check["name"],
            Cell("\N{CHECK MARK} passed", look="wf-pass")
            if check["passed"]
            else Cell("\N{MULTIPLICATION X} refused", look="wf-refuse"),
            number(check["value"]),
            str(check["required"]),
            str(check["why"]),
        ]
        for check in info.gate.get("checks", [])
    ]
    about = "What a candidate has to show on the holdout before it may answer."
    return panel("Gate", about, table(("Check", "Verdict", "Value", "Required", "Why"), rows, text=(4,)))


def _scores(info: Info) -> list[str]:
    """One table per horizon, metrics down, the model and each baseline across, all on the same rows."""
    baselines = [name for name in BASELINES if any(name in row for row in info.scores)]
    panels = []
    for horizon in info.horizons:
        rows = {
            row["metric"]: row for row in info.scores if row["horizon"] == horizon and row["ticker"] == "*"
        }
        if not rows:
            continue
        shown = [_score(rows[name], baselines) for name in metric_names() if name in rows]
        first = next(iter(rows.values()))
        about = (
            f"{first['sessions']} sessions, {first['rows']:,} forecasts; p: the chance of a lead like this if there "
            "were none; in brackets the model's 90 % interval."
        )
        head = ("Metric", "Model", *(name.capitalize() for name in baselines))
        unit = "session" if info.frequency == "daily" else "week"
        ahead = f"{horizon} {unit}{'s' if horizon > 1 else ''} ahead"
        panels.append(panel(f"Holdout scores, {ahead}", about, table(head, shown)))
    return panels


def _score(row: Mapping[str, Any], baselines: list[str]) -> list[Cell | str]:
    name = row["metric"]
    better = {"lower": "lower is better", "higher": "higher is better", "level": "at the interval's level"}
    interval = (
        f"{_value(name, row['low'])} to {_value(name, row['high'])}" if row.get("low") is not None else ""
    )
    return [
        Cell(name.replace("_", " "), better[find_metric(name).better]),
        Cell(_value(name, row["value"]), interval, "wf-own"),
        *(Cell(_value(name, row.get(beside)), odds(row.get(f"p_{beside}"))) for beside in baselines),
    ]


def _value(metric: str, value: float | None) -> str:
    return percent(value, sign=False) if metric in SHARES else number(value)


def _backtest(info: Info) -> str:
    risk, beside = info.backtest, info.backtest.get("benchmark") or {}
    if not risk:
        return ""
    shares = ("cumulative", "annual_return", "volatility", "max_drawdown", "win_rate", "var", "cvar")
    names = (*shares[:3], "sharpe", "sortino", "calmar", *shares[3:])
    rows = [
        [
            Cell(name.replace("_", " ").replace("var", "VaR"), _interval(risk) if name == "sharpe" else ""),
            Cell(_figure(risk.get(name), name in shares), look="wf-own"),
            _figure(beside.get(name), name in shares),
        ]
        for name in names
        if name in risk
    ]
    cost = risk.get("break_even_cost_bps")
    turnover = f"Turnover {percent(risk.get('turnover'), sign=False)} a session"
    about = f"{turnover}; the gain is gone at {number(cost)} bp a trade. After costs, on the holdout."
    return panel("Backtest", about, table(("Measure", "Strategy", "Benchmark"), rows))


def _interval(risk: Mapping[str, Any]) -> str:
    if risk.get("sharpe") is None:
        return str(risk.get("sharpe_reason") or "")
    return f"90 %: {number(risk.get('sharpe_low'))} to {number(risk.get('sharpe_high'))}"


def _figure(value: float | None, share: bool) -> str:
    return percent(value) if share else number(value)


def _search(info: Info) -> str:
    search = info.search
    if not search:
        return ""
    families = ", ".join(f"{name} {count}" for name, count in (search.get("families") or {}).items())
    about = (
        f"{search.get('trials', 0)} trials ({search.get('finished', 0)} finished, {search.get('stopped', 0)} stopped "
        f"early, {search.get('failed', 0)} failed) over {search.get('folds', 0)} folds and {search.get('seeds', 0)} "
        f"seeds in {search.get('seconds', 0):.0f} s; {families}. Chosen by validation {search.get('objective', '')}."
    )
    rows = [
        [
            Cell(trial["trial"], trial.get("family") or ""),
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
    return panel("Search", about, table(head, rows, text=(4,)) if rows else "")


def _spec(info: Info) -> str:
    flat = [
        [Cell(f"{section}.{key}"), str(value)]
        for section, values in info.spec.items()
        if isinstance(values, dict)
        for key, value in values.items()
    ]
    return panel(
        "Specification",
        "Everything that determines this model, given the data.",
        table(("Key", "Value"), flat, text=(1,)),
    )


def _family(info: Info) -> str:
    return str(info.spec["model"].get("family", "")).replace("_", " ")


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
