"""Writes a version's evidence, forecasts and gate as lines and tables for the terminal. Several commands share them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from cli.commands.features import read_inputs
from cli.terminal import Terminal, shown

if TYPE_CHECKING:
    import polars as pl

    from ml_core.audit.rebuild import Rebuilt
    from ml_core.home.settings import Home
    from ml_core.registry.account import Backtest
    from ml_core.registry.evidence import Evidence, Oracle
    from ml_core.registry.scores import Score
    from ml_core.registry.searched import Searched
    from ml_core.registry.verdict import Verdict
    from ml_core.registry.versions import ModelVersion


def print_report(terminal: Terminal, found: ModelVersion, forecast: pl.DataFrame, home: Home) -> None:
    """What was searched, what won, how it did beside the baselines, what it says now, and where all this lies."""
    evidence = found.evidence
    terminal.say()
    terminal.say(f"[bold]{found.name} version {found.version}[/bold] · {verdict(evidence)}", styled=True)
    terminal.say(searched(evidence.search))
    terminal.say(f"winner    {winner(found)}")
    for note in evidence.notes:
        terminal.say(f"noted     {note}")
    print_scores(terminal, evidence)
    if evidence.oracle:
        terminal.say(f"planted   {planted(evidence.oracle)}")
    terminal.say(f"backtest  {traded(evidence.backtest)}")
    print_gate(terminal, evidence.gate)
    print_extremes(terminal, forecast)
    terminal.say(f"stored    bars, forecasts: {home.store} · trials, models: {home.tracking_uri}")


def verdict(evidence: Evidence) -> str:
    if evidence.gate.passed:
        return "[green]passed the gate: champion[/green]"
    return "[red]refused by the gate[/red]"


def planted(oracle: Oracle) -> str:
    """How much of the signal in a simulated market was found."""
    found = f"found IC {formed(oracle.achieved, '.3f')}: {formed(oracle.recovered, '.0%')} recovered on the holdout"
    return f"signal of IC {formed(oracle.ic, '.3f')}, {found}"


def searched(search: Searched) -> str:
    families = ", ".join(f"{count} {family}" for family, count in search.families.items())
    return (
        f"searched  {search.trials} trials ({families}) over {search.folds} folds x {search.seeds} seed(s) "
        f"in {search.seconds:.0f} s: {search.finished} finished, {search.stopped} stopped early, "
        f"{search.failed} failed"
    )


def winner(found: ModelVersion) -> str:
    from ml_core.forecaster.learners import is_baseline

    model, training = found.spec.model, found.spec.training
    fields = ", ".join(f"{key} {shown(value)}" for key, value in model.options.items())
    fitted = f"loss {training.loss}, learning rate {training.learning_rate:.2g}"
    told = filter(None, (fields, "" if is_baseline(model.family) else fitted))
    return f"{model.family} ({'; '.join(told)}), {read_inputs(found.evidence)}"


def print_scores(terminal: Terminal, evidence: Evidence, *, most: int = 4) -> None:
    """Per horizon the IC with its interval, and how much smaller the squared error is than each baseline's."""
    holdout, rows = evidence.holdout, evidence.holdout_scores
    horizons = sorted({row.horizon for row in rows})
    terminal.table(
        [
            score_row(horizon, {row.metric: row for row in rows if row.horizon == horizon})
            for horizon in horizons[:most]
        ],
        title=f"holdout   {holdout.start} to {holdout.end}: {holdout.sessions} sessions, "
        f"{holdout.rows} forecasts\n          squared error against baselines, Diebold-Mariano p",
    )
    if len(horizons) > most:
        terminal.say(f"          and {len(horizons) - most} more horizons")


def print_gate(terminal: Terminal, gate: Verdict) -> None:
    for check in gate.checks:
        mark = "[green]✓[/green]" if check.passed else "[red]✗[/red]"
        sign = "p = " if check.required.startswith("p <") else ""
        told = f"{check.name}: {sign}{shown(check.value)} ({check.required}) {check.why}"
        terminal.say(f"  {mark} {escape(told)}", styled=True)


def print_extremes(terminal: Terminal, forecast: pl.DataFrame, *, each: int = 2) -> None:
    """The strongest forecasts of the shortest horizon, up and down."""
    import polars as pl

    if forecast.is_empty():
        return
    nearest = forecast.filter(pl.col("horizon") == forecast["horizon"].min()).sort("mean", descending=True)
    ends = nearest if nearest.height <= 2 * each else pl.concat([nearest.head(each), nearest.tail(each)])
    told = ", ".join(
        f"{row['ticker']} {row['mean']:+.2%} [{row['lower']:+.1%}, {row['upper']:+.1%}]"
        for row in ends.iter_rows(named=True)
    )
    terminal.say(
        f"forecast  {forecast['ticker'].n_unique()} tickers as of {forecast['as_of'].max()}, "
        f"{nearest['horizon'].min()} session(s) ahead: {told}"
    )


def traded(risk: Backtest) -> str:
    interval = f"[{formed(risk.sharpe_low, '.2f')}, {formed(risk.sharpe_high, '.2f')}]"
    ratio = (
        f"Sharpe {risk.sharpe:.2f} {interval}"
        if risk.sharpe is not None
        else f"Sharpe refused: {risk.sharpe_reason}"
    )
    return (
        f"after costs {formed(risk.cumulative, '+.1%')} in {risk.sessions} sessions, {ratio}, deepest fall "
        f"{formed(risk.max_drawdown, '.1%')}; buy and hold {formed(risk.benchmark.cumulative, '+.1%')}"
    )


def formed(value: float | None, form: str) -> str:
    """A number in that form; one that is not there as every table shows it."""
    return shown(None) if value is None else format(value, form)


def ledger_rows(head: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **{
                key: row[key]
                for key in ("trial", "status", "family", "epochs", "validation", "test", "seconds")
            },
            "params": ", ".join(
                f"{key.partition('.')[2]} {shown(value)}" for key, value in row["params"].items()
            ),
        }
        for row in head
    ]


def forecast_rows(table: pl.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "ticker": row["ticker"],
            "as of": str(row["as_of"]),
            "horizon": str(row["horizon"]),
            "mean": f"{row['mean']:+.3%}",
            "lower": f"{row['lower']:+.2%}",
            "upper": f"{row['upper']:+.2%}",
        }
        for row in table.iter_rows(named=True)
    ]


def version_row(version: ModelVersion) -> dict[str, str]:
    """What a version is and what the gate said of it; of one whose evidence cannot be read, that it stands there."""
    row = {
        "version": version.version,
        "alias": ", ".join(version.aliases) or "-",
        "created": f"{version.created:%Y-%m-%d %H:%M}",
    }
    if not version.readable:
        return (
            row
            | dict.fromkeys(("family", "data version", "features", "holdout"), "-")
            | {"gate": "unreadable"}
        )
    evidence = version.evidence
    refused = ", ".join(evidence.gate.refused)
    return row | {
        "family": evidence.spec.model.family,
        "data version": str(evidence.data_version),
        "features": str(len(evidence.features)),
        "holdout": f"{evidence.holdout.start} to {evidence.holdout.end}",
        "gate": f"refused: {refused}" if refused else "passed",
    }


def score_row(horizon: int, by_metric: Mapping[str, Score], **counts: str) -> dict[str, str]:
    """The IC with its interval, and how much smaller the squared error is than each baseline's."""
    row = {"ahead": str(horizon), **counts, "IC [90 % interval]": _with_interval(by_metric["ic"])}
    for name, one in by_metric["mse"].beside.items():
        if one.skill is not None:
            row[f"error vs {name}" if name == "zero" else f"vs {name}"] = f"{-one.skill:+.1%} ({_p(one.p)})"
    return row


def _with_interval(row: Score) -> str:
    if row.value is None:
        return shown(None)
    return f"{row.value:.3f}" if row.low is None else f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]"


def _p(value: float | None) -> str:
    if value is None:
        return "p -"
    return "p<.001" if value < 0.001 else f"p {value:.3f}".replace("0.", ".", 1)


def rebuilt_rows(made: Rebuilt) -> list[dict[str, str]]:
    """Each file with its checksum, and whether it came out as registered."""
    return [
        {"file": name, "sha256": digest[:16], "registered": "differs" if name in made.differing else "same"}
        for name, digest in made.checksums.items()
    ]


def why_rebuilt_differs(made: Rebuilt) -> str:
    """What was otherwise when it was registered, the likeliest reason; none if nothing that is known was."""
    changed = [
        f"{name} {made.then.get(name, 'unknown')}, now {value}"
        for name, value in made.now.items()
        if made.then.get(name) != value
    ]
    reason = (
        f"made with {'; '.join(changed)}"
        if changed
        else "made with the same versions: the code's arithmetic changed"
    )
    return f"{', '.join(made.differing)} came out otherwise: {reason}"
