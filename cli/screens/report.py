"""Writes the report at the end of the demo: what was searched, what won, how it did, and what is forecast now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.commands.features import read_inputs
from cli.screens import forecasts, versions
from cli.screens.seats import tell_refit
from cli.terminal import Terminal, shown
from ml_core.spec.ensemble import Ensemble
from ml_core.vocabulary import words
from ml_core.vocabulary.words import MONEY

if TYPE_CHECKING:
    import polars as pl

    from ml_core.home.settings import Home
    from ml_core.registry.account import Backtest
    from ml_core.registry.evidence import Oracle
    from ml_core.registry.searched import Searched
    from ml_core.registry.version import ModelVersion
    from ml_core.spec.run import RunSpec


def print_report(
    terminal: Terminal, registered: ModelVersion, forecast: pl.DataFrame, home: Home, *, answers: ModelVersion
) -> None:
    """What was searched, what won, how it did beside the baselines, what is forecast now and by which version
    `answers`, and where all this lies."""
    evidence = registered.evidence
    terminal.say()
    terminal.say(
        f"[bold]{registered.name} version {registered.version}[/bold] · {versions.verdict(evidence)}",
        styled=True,
    )
    terminal.say(searched(evidence.search))
    terminal.say(f"winner    {winner(registered)}")
    for note in evidence.notes:
        terminal.say(f"noted     {note}")
    versions.print_scores(terminal, evidence)
    if evidence.oracle:
        terminal.say(f"planted   {planted(evidence.oracle)}")
    terminal.say(f"backtest  {traded(evidence.backtest)}")
    versions.print_gate(terminal, evidence.gate)
    versions.print_claims(terminal, evidence)
    if answers.evidence.refit:
        terminal.say(f"refitted  version {answers.version} answers, {tell_refit(answers.evidence.refit)}")
    forecasts.print_extremes(terminal, forecast, priced=registered.spec.task.priced)
    terminal.say(f"stored    bars, forecasts: {home.tables} · trials, models: {home.tracking_uri}")


def planted(oracle: Oracle) -> str:
    """Of the signal that a simulated market holds, how much the model found."""
    best, achieved = (words.write(one, "correlation") for one in (oracle.ic, oracle.achieved))
    share = words.write(oracle.recovered, "share")
    return f"signal of IC {best}, achieved IC {achieved}: {share} recovered on the holdout"


def searched(search: Searched) -> str:
    families = ", ".join(f"{count} {family}" for family, count in search.families.items())
    return (
        f"searched  {search.trials} trials ({families}) over {search.folds} folds x {search.seeds} seed(s) "
        f"in {search.seconds:.0f} s: {search.finished} finished, {search.stopped} stopped early, "
        f"{search.failed} failed"
    )


def winner(registered: ModelVersion) -> str:
    spec, inputs = registered.spec, read_inputs(registered.evidence)
    if isinstance(spec, Ensemble):
        return f"{words.together(len(spec.components), spec.told)}; they read {inputs}"
    return f"{_fitted(spec)}, {inputs}"


def _fitted(spec: RunSpec) -> str:
    from ml_core.baselines import is_baseline

    model, training = spec.model, spec.training
    fields = ", ".join(f"{key} {shown(value)}" for key, value in model.options.items())
    fitted = f"loss {training.loss}, learning rate {training.learning_rate:.2g}"
    told = filter(None, (fields, "" if is_baseline(model.family) else fitted))
    return f"{model.family} ({'; '.join(told)})"


def traded(risk: Backtest) -> str:
    told = {name: f"{one.label} {words.write(getattr(risk, name), one.form)}" for name, one in MONEY.items()}
    if risk.sharpe is None:
        told["sharpe"] = f"no {MONEY['sharpe'].label}: {risk.sharpe_reason}"
    else:
        told["sharpe"] += f" {words.interval(risk.sharpe_low, risk.sharpe_high, MONEY['sharpe'].form)}"
    held = words.write(risk.benchmark.cumulative, MONEY["cumulative"].form)
    return (
        f"after costs {told['cumulative']} in {risk.sessions} sessions, {told['sharpe']}, "
        f"{told['max_drawdown']}; {words.ACCOUNTS['buy_and_hold']} {held}"
    )
