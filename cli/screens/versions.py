"""Writes a version's evidence, forecasts and gate as lines and tables for the terminal. Several commands share them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from cli.commands.features import read_inputs
from cli.screens import forecasts
from cli.screens.seats import tell_refit
from cli.terminal import Terminal, shown
from ml_core.reporting import words
from ml_core.reporting.words import MONEY

if TYPE_CHECKING:
    import polars as pl

    from ml_core.claims.verdict import ClaimVerdict
    from ml_core.home.settings import Home
    from ml_core.registry.account import Backtest
    from ml_core.registry.evidence import Evidence, Oracle
    from ml_core.registry.scores import Score
    from ml_core.registry.searched import Searched
    from ml_core.registry.verdict import Verdict
    from ml_core.registry.version import ModelVersion


BEFORE_CLAIMS = "judged before there were claims"


def print_report(
    terminal: Terminal, registered: ModelVersion, forecast: pl.DataFrame, home: Home, *, answers: ModelVersion
) -> None:
    """What was searched, what won, how it did beside the baselines, what is forecast now and by which version
    `answers`, and where all this lies."""
    evidence = registered.evidence
    terminal.say()
    terminal.say(
        f"[bold]{registered.name} version {registered.version}[/bold] · {verdict(evidence)}", styled=True
    )
    terminal.say(searched(evidence.search))
    terminal.say(f"winner    {winner(registered)}")
    for note in evidence.notes:
        terminal.say(f"noted     {note}")
    print_scores(terminal, evidence)
    if evidence.oracle:
        terminal.say(f"planted   {planted(evidence.oracle)}")
    terminal.say(f"backtest  {traded(evidence.backtest)}")
    print_gate(terminal, evidence.gate)
    print_claims(terminal, evidence)
    if answers.evidence.refit:
        terminal.say(f"refitted  version {answers.version} answers, {tell_refit(answers.evidence.refit)}")
    forecasts.print_extremes(terminal, forecast)
    terminal.say(f"stored    bars, forecasts: {home.store} · trials, models: {home.tracking_uri}")


def verdict(evidence: Evidence) -> str:
    if evidence.role == "reference":
        return "reference"
    if evidence.refit:
        sits = "[green]still says what was judged[/green]" if evidence.gate.passed else "[red]refused[/red]"
        return f"version {evidence.refit.parent} refitted through {evidence.refit.through}: {sits}"
    if evidence.gate.passed:
        return "[green]passed the gate: champion[/green]"
    return "[red]refused by the gate[/red]"


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
    from ml_core.forecaster.learners import is_baseline

    model, training = registered.spec.model, registered.spec.training
    fields = ", ".join(f"{key} {shown(value)}" for key, value in model.options.items())
    fitted = f"loss {training.loss}, learning rate {training.learning_rate:.2g}"
    told = filter(None, (fields, "" if is_baseline(model.family) else fitted))
    return f"{model.family} ({'; '.join(told)}), {read_inputs(registered.evidence)}"


def print_scores(terminal: Terminal, evidence: Evidence, *, most: int = 4) -> None:
    """Per horizon the IC with its interval, and the skill in squared error beside each baseline."""
    holdout, rows = evidence.holdout, evidence.holdout_scores
    horizons = sorted({row.horizon for row in rows})
    terminal.table(
        [
            score_row(horizon, {row.metric: row for row in rows if row.horizon == horizon})
            for horizon in horizons[:most]
        ],
        title=f"holdout   {holdout.start} to {holdout.end}: {holdout.sessions} sessions, "
        f"{holdout.rows} forecasts\n          {words.SKILL} (Diebold-Mariano p)",
    )
    if len(horizons) > most:
        terminal.say(f"          and {len(horizons) - most} more horizons")


def print_gate(terminal: Terminal, gate: Verdict) -> None:
    for check in gate.checks:
        mark = "[green]✓[/green]" if check.passed else "[red]✗[/red]"
        told = f"{check.name}: {words.judged(check.value, check.required)} ({check.required}) {check.why}"
        terminal.say(f"  {mark} {escape(told)}", styled=True)


def print_claims(terminal: Terminal, evidence: Evidence, *, most: int = 4, lineage: str = "") -> None:
    """Each claim by itself: claims down, sessions ahead across; why at the horizon that is traded, and why not asked
    wherever it was not. `lineage`:
    whose claims they are, where it is not whoever says so."""
    from ml_core.claims.unasked import tell_unasked, with_unasked
    from ml_core.claims.verdict import horizons_shown

    claims = with_unasked(evidence.claims)
    if not claims:
        terminal.say(f"claims    not asked: {BEFORE_CLAIMS}")
        return
    shown = horizons_shown(claims, most=most)
    below = f"below {100 * evidence.bar:.2g} % a claim is proven" if evidence.bar else ""
    told = "; ".join(filter(None, ("p after paying for all questions", below, lineage)))
    terminal.table(
        claim_rows([one for one in claims if one.horizon in shown]),
        title=f"claims    each by itself: {told}",
    )
    left = len({one.horizon for one in claims}) - len(shown)
    if left:
        terminal.say(f"          and {left} more horizons; --json has all")
    traded = next((one.horizon for one in claims if one.claim == "money" and one.asked), shown[0])
    for one in claims:
        if one.horizon == traded and one.asked:
            terminal.say(f"          {one.claim}, {traded} ahead: {one.why}")
    for told in tell_unasked(claims):
        terminal.say(f"          not asked: {told}")


def claim_rows(claims: Sequence[ClaimVerdict]) -> list[dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for one in sorted(claims, key=lambda one: one.horizon):
        row = rows.setdefault(one.claim, {"what the forecast says": words.claim(one.claim)})
        row[f"{one.horizon} ahead"] = words.standing(one.standing, one.adjusted)
    return [rows[name] for name in sorted(rows, key=lambda name: [*words.CLAIMS, name].index(name))]


def name_proven(claims: Sequence[ClaimVerdict]) -> str:
    """The proven ones with their horizons, in a few words."""
    horizons: dict[str, list[str]] = {}
    for one in claims:
        if one.proven:
            horizons.setdefault(one.claim, []).append(str(one.horizon))
    return "; ".join(f"{name} {', '.join(ahead)}" for name, ahead in horizons.items()) or "none"


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


def tell_gate(evidence: Evidence) -> str:
    refused = evidence.gate.told_refused
    if evidence.role == "reference" and not evidence.refit:
        return "not asked: a reference"
    if evidence.refit:
        told = f"refit of {evidence.refit.parent} through {evidence.refit.through}"
        return f"{told}, refused: {refused}" if refused else told
    return f"refused: {refused}" if refused else "passed"


def version_row(version: ModelVersion) -> dict[str, str]:
    """What a version is and what the gate said of it; of one whose evidence cannot be read, that it stands there."""
    row = {
        "version": version.version,
        "alias": _seats(version),
        "created": f"{version.created:%Y-%m-%d %H:%M}",
    }
    if not version.readable:
        return (
            row
            | dict.fromkeys(("family", "data version", "features", "holdout", "proven"), "-")
            | {"gate": "unreadable"}
        )
    evidence = version.evidence
    return row | {
        "family": evidence.spec.model.family,
        "data version": str(evidence.data_version),
        "features": str(len(evidence.features)),
        "holdout": f"{evidence.holdout.start} to {evidence.holdout.end}",
        "proven": _proven(evidence),
        "gate": tell_gate(evidence),
    }


def _proven(evidence: Evidence) -> str:
    """A refit has the claims of the version that was judged; one that was refused has none."""
    if not evidence.claims:
        return f"not asked: {BEFORE_CLAIMS}"
    if evidence.refit and not evidence.gate.passed:
        return "nothing: a refused refit"
    judged = f"of version {evidence.refit.judged}: " if evidence.refit else ""
    return f"{judged}{name_proven(evidence.claims)}"


def _seats(version: ModelVersion) -> str:
    named = ", ".join(version.aliases) or "-"
    return f"{named} (made champion by force on {version.forced})" if version.forced else named


def score_row(horizon: int, by_metric: Mapping[str, Score], **counts: str) -> dict[str, str]:
    """The IC with its interval, and the skill in squared error beside each baseline."""
    row = {"ahead": str(horizon), **counts, "IC [90 % interval]": _with_interval(by_metric["ic"])}
    for name, one in by_metric["mse"].beside.items():
        if one.skill is not None:
            told = f"{'skill ' if name == 'zero' else ''}vs {words.baseline(name)}"
            row[told] = words.lead(one.skill, one.p)
    return row


def _with_interval(row: Score) -> str:
    form = words.metric("ic").form
    told = words.write(row.value, form), words.interval(row.low, row.high, form)
    return " ".join(filter(None, told))
