"""Finds who was judged on about the same holdout under other settings of the gate: a refusal is not undone by asking
less, nor by moving the holdout a little."""

from __future__ import annotations

from dataclasses import dataclass

from ml_core.claims.kind import claim_names
from ml_core.data.source import open_source
from ml_core.panel.splits import Span
from ml_core.promotion.candidate import Candidate
from ml_core.registry.recipe import Recipe
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment, Gate
from ml_core.spec.plain import plain
from ml_core.vocabulary import words

MOST = 0.5  # of a holdout: if as much was judged before, the verdict of then still stands


@dataclass(frozen=True)
class EarlierCandidate:
    """A version that was judged on most of these sessions by another gate, and what of it is easier now."""

    version: str
    refused: tuple[str, ...]
    changed: tuple[str, ...]
    easier: tuple[str, ...]

    @property
    def stands(self) -> bool:
        """Whether its verdict stands against whoever asks less now."""
        return bool(self.refused and self.easier)

    def __str__(self) -> str:
        said = f"was refused ({', '.join(map(words.refusal, self.refused))})" if self.refused else "passed"
        return f"version {self.version} {said} on these sessions with {', '.join(self.changed)}"


def find_earlier(registry: Registry, experiment: Experiment, candidate: Candidate) -> list[EarlierCandidate]:
    """Oldest first."""
    store, test = open_source(experiment).identity, candidate.split.test
    earlier = []
    for version in reversed(registry.versions(experiment.model_name)):
        gate = _gate_of(version)
        if gate is None or gate == experiment.gate:
            continue
        holdout = version.evidence.holdout
        if version.evidence.store == store and _shared(test, Span(holdout.start, holdout.end)) >= MOST:
            earlier.append(_compare(version, gate, experiment.gate))
    return earlier


def _shared(own: Span, other: Span) -> float:
    """How much of this holdout lies in that one."""
    together = (min(own.end, other.end) - max(own.start, other.start)).days + 1
    return together / ((own.end - own.start).days + 1)


def tell_easier(now: Gate, before: Gate) -> tuple[str, ...]:
    """The settings by which this gate asks less than that one, or asks something else."""
    asked, required = set(now.claims or claim_names()), set(before.claims or claim_names())
    bound, limit = now.overfitting, before.overfitting
    easier = {
        "claims": asked != required,
        "require": not set(now.require) >= set(before.require),
        "beat": not set(now.beat) >= set(before.beat),
        "significance": now.significance > before.significance,
        "deflated_sharpe": now.deflated_sharpe < before.deflated_sharpe,
        "overfitting": limit is not None and (bound is None or bound > limit),
        "coverage": now.coverage != before.coverage,
        "coverage_tolerance": now.coverage_tolerance > before.coverage_tolerance,
    }
    return tuple(f"gate.{name}" for name, less in easier.items() if less)


def _compare(version: ModelVersion, before: Gate, now: Gate) -> EarlierCandidate:
    then, today = (plain(gate.model_copy()) for gate in (before, now))
    changed = tuple(
        f"gate.{name} = {then.get(name, 'unset')}"
        for name in sorted(then.keys() | today.keys())
        if then.get(name) != today.get(name)
    )
    refused = tuple(version.evidence.gate.refused)
    return EarlierCandidate(version.version, refused, changed, tell_easier(now, before))


def _gate_of(version: ModelVersion) -> Gate | None:
    """By which it was judged; of the reference and of what an earlier candorcast registered, none is known."""
    if not version.readable or version.evidence.role != "candidate":
        return None
    recipe = version.evidence.recipe
    return recipe.experiment.gate if isinstance(recipe, Recipe) else None
