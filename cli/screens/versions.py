"""Writes what a version was judged by (scores, gate, claims), and the list of versions. Several commands share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from cli.terminal import Terminal
from ml_core.vocabulary import words

if TYPE_CHECKING:
    from ml_core.claims.verdict import ClaimVerdict
    from ml_core.registry.evidence import Evidence
    from ml_core.registry.scores import Score
    from ml_core.registry.verdict import Check, Verdict
    from ml_core.registry.version import ModelVersion


BEFORE_CLAIMS = "judged before there were claims"


def verdict(evidence: Evidence) -> str:
    if evidence.role == "reference":
        return "reference"
    if evidence.refit:
        sits = "[green]still says what was judged[/green]" if evidence.gate.passed else "[red]refused[/red]"
        return f"version {evidence.refit.parent} refitted through {evidence.refit.through}: {sits}"
    if evidence.gate.passed:
        return "[green]passed the gate: champion[/green]"
    return "[red]refused by the gate[/red]"


def print_scores(terminal: Terminal, evidence: Evidence, *, most: int = 4) -> None:
    """Per horizon the IC with its interval, and the skill in squared error beside each baseline."""
    from ml_core.registry.scores import tell_unmeasured

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
    for line in tell_unmeasured(rows):
        terminal.warn(line)


def print_gate(terminal: Terminal, gate: Verdict) -> None:
    for check in gate.checks:
        mark = "[green]✓[/green]" if check.passed else "[red]✗[/red]"
        told = f"{check.name}: {measured(check)} {check.why}"
        terminal.say(f"  {mark} {escape(told)}", styled=True)


def measured(check: Check) -> str:
    """What was found and what was required; once, where nothing was to be found and nothing was."""
    if check.passed and check.value == 0 and check.required.startswith("no"):
        return f"{check.required};"
    return f"{words.judged(check.value, check.required)} ({check.required})"


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
    spends = "what this look at the holdout may spend of gate.significance"
    below = f"a claim is proven below {100 * evidence.bar:.2g} %, {spends}" if evidence.bar else ""
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


def tell_gate(evidence: Evidence) -> str:
    if evidence.refit:
        told = f"refit of {evidence.refit.parent} through {evidence.refit.through}"
        return told if evidence.gate.passed else f"{told}, {evidence.told_gate}"
    return evidence.told_gate


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
        "family": evidence.spec.told,
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
