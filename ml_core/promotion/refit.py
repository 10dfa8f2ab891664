"""Fits the recipe of whoever answers again through the last known outcome: a champion's after the promotion, and
everybody's whenever so many sessions have passed. The refit is a version of its own that names its parent; it sits down
only if the leak audit finds nothing and it still says what was judged."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from ml_core.audit.rebuild import read_recipe, write_recipe
from ml_core.data.order import Order
from ml_core.data.prices import data_version, read_prices
from ml_core.errors import ForecastError, TrainingDiverged
from ml_core.evaluation.leakage import Audit
from ml_core.home.telling import Tell
from ml_core.panel.splits import Split, refit_through
from ml_core.panel.windows import Windows
from ml_core.promotion.beside import FittedAgain, audit_again, look_at
from ml_core.promotion.cadence import is_due
from ml_core.promotion.card import card_of
from ml_core.promotion.likeness import hand_on, hand_on_live, judge_refit
from ml_core.promotion.reference import WAIT, fill_seat
from ml_core.promotion.sitter import what_is_proven
from ml_core.registry.evidence import Evidence, Trained
from ml_core.registry.moves import Cause
from ml_core.registry.recipe import Recipe
from ml_core.registry.refit import Refit
from ml_core.registry.seats import CHAMPION, REFERENCE, seat_of
from ml_core.registry.verdict import Verdict
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.plain import plain
from ml_core.walkforward.opening import open_windows


@dataclass(frozen=True)
class Refitted:
    """What became of a refit. `version` is None where the fit itself failed; `refused` says why it does not sit."""

    parent: ModelVersion
    through: dt.date
    version: ModelVersion | None
    refused: str = ""

    def summary(self) -> dict[str, Any]:
        """As a document tells it."""
        return {
            "parent": self.parent.version,
            "through": f"{self.through}",
            "version": self.version.version if self.version else None,
            "refused": self.refused,
            "told": str(self),
        }

    def __str__(self) -> str:
        parent = self.parent.version
        if self.version is None or self.refused:
            named = f", version {self.version.version}," if self.version else ""
            return (
                f"the refit of version {parent} through {self.through}{named} was refused: {self.refused}; "
                f"version {parent} goes on"
            )
        return (
            f"version {self.version.version} answers now: version {parent}, refitted through {self.through}"
        )


def keep_fresh(order: Order, *, now: dt.datetime, tell: Tell = lambda _: None) -> ModelVersion:
    """Who answers for this experiment: where nobody does, the reference is made; one whose time has come is fitted
    again first."""
    sitting = fill_seat(order, now=now, tell=tell)
    if is_due(order, sitting):
        refit_or_go_on(order, now=now, tell=tell)
    return Registry(order.home).find(order.name)


def refit_or_go_on(
    order: Order, *, now: dt.datetime, tell: Tell = lambda _: None, always: bool = False
) -> Refitted | None:
    """The same as `refit_champion`; what is in the way of a refit is told, and in the way of nothing else."""
    try:
        return refit_champion(order, now=now, tell=tell, always=always)
    except ForecastError as error:
        tell(f"whoever answers could not be fitted again and goes on: {error}")
        return None


def refit_champion(
    order: Order, *, now: dt.datetime, tell: Tell = lambda _: None, always: bool = False
) -> Refitted | None:
    """One at a time; None where nobody answers, where the file asks for no refits, or where another has just made it.
    `always`: without waiting for the cadence."""
    with order.alone("refit", wait=WAIT):
        registry = Registry(order.home)
        parent = registry.sitting(order.name, CHAMPION) or registry.sitting(order.name, REFERENCE)
        if parent is None or order.experiment.serving.refit == 0 or not (always or is_due(order, parent)):
            return None
        done = _refit(order, registry, parent, now, tell)
        if done.refused:
            _remember(registry, done)
        tell(str(done))
        return done


def _refit(order: Order, registry: Registry, parent: ModelVersion, now: dt.datetime, tell: Tell) -> Refitted:
    from ml_core.training.fit import fit  # loads torch, and most who come here fit nothing

    recipe = read_recipe(parent)
    version = data_version(recipe.experiment, order.home)
    prices = read_prices(recipe.experiment, order.home, version=version)
    windows, _ = open_windows(parent.spec, prices)
    split = _move_on(parent, recipe, windows)
    through = split.test.end
    tell(f"refitting version {parent.version} through {through}")
    try:
        forecaster = fit(parent.spec, windows, split)
    except TrainingDiverged as error:
        return Refitted(parent, through, None, str(error))
    made = FittedAgain(recipe.experiment, prices, windows, split, forecaster)
    since = parent.evidence.holdout.start
    refit = look_at(made, registry.load(parent), parent.version, since=since, former=parent.evidence.refit)
    audit = audit_again(made, since=since)
    proven = what_is_proven(parent, parent.spec.task.horizons)
    verdict = judge_refit(recipe.experiment.gate, refit, proven, findings=audit.findings)
    evidence = write_refit_down(made, version, parent, refit, audit, verdict, now)
    card = card_of(order.name, evidence)
    version_made = registry.register(forecaster, order.name, evidence, card=card)
    refused = "; ".join(f"{check.name}: {check.why}" for check in verdict.checks if not check.passed)
    for place, noted in hand_on_live(parent.live, refit).items():
        registry.note(order.name, version_made.version, place, noted)
    if not refused:
        if parent.forced:
            registry.mark_forced(order.name, version_made.version, day=parent.forced)
        why = f"version {parent.version} refitted through {through}"
        _seat(registry, parent, version_made.version, cause="refit", why=why)
    return Refitted(parent, through, registry.find(order.name, version_made.version), refused)


def _move_on(parent: ModelVersion, recipe: Recipe, windows: Windows) -> Split:
    """The recipe's own lengths, seeds and fold, as late as outcomes are known."""
    sessions = windows.usable_sessions(parent.spec.lookback)
    longest, fold = parent.spec.task.horizons[-1], recipe.split.fold
    return refit_through(sessions, recipe.experiment.validation, horizon=longest, fold=fold)


def write_refit_down(
    made: FittedAgain,
    data_version: int,
    parent: ModelVersion,
    refit: Refit,
    audit: Audit,
    verdict: Verdict,
    now: dt.datetime,
) -> Evidence:
    """The parent's evidence, with all of it that is the refit's own put in its place."""
    forecaster, train = made.forecaster, made.split.train
    return Evidence.model_validate(
        {
            **plain(parent.evidence),
            "role": "reference" if parent.evidence.role == "reference" else "refit",
            "data_version": data_version,
            "created": now.replace(microsecond=0),
            "trained": Trained(start=train.start, end=train.end),
            "spec": forecaster.spec,
            "recipe": write_recipe(made.experiment, made.split),
            "features": forecaster.features,
            "choice": forecaster.choice,
            "tickers": forecaster.tickers,
            "notes": forecaster.notes,
            "audit": audit.counts(),
            "gate": verdict,
            "refit": refit,
            "claims": hand_on(parent.evidence.claims, refit),
        }
    )


def _remember(registry: Registry, done: Refitted) -> None:
    """The parent sits where he sat. The next refit is due when as many sessions have passed again."""
    why = f"its refit through {done.through} was refused: {done.refused}"
    _seat(registry, done.parent, done.parent.version, cause="kept", why=why, since=done.through)


def _seat(
    registry: Registry,
    parent: ModelVersion,
    version: str,
    *,
    cause: Cause,
    why: str,
    since: dt.date | None = None,
) -> None:
    """Where the parent sits; a champion that has moved meanwhile is left."""
    if seat_of(parent) == REFERENCE:
        registry.seat(parent.name, version, REFERENCE, cause=cause, why=why, since=since)
    else:
        registry.promote(parent.name, version, instead_of=parent.version, cause=cause, why=why, since=since)
