"""The search flow: searches for a model, judges the winner at the gate and registers it with its evidence."""

import datetime as dt
from typing import TYPE_CHECKING

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.naming import begin_as, rename
from flows.order import FlowOrder, open_order
from flows.parameters import ExperimentName, HomeFolder, Overrides, explained
from flows.progress import open_progress
from ml_core.vocabulary.words import claim, together

SECONDS = 24 * 3600  # of a day: the next search goes on where a broken one ended

if TYPE_CHECKING:
    from ml_core.registry.evidence import Evidence
    from tuning.search import SearchOutcome
    from tuning.step import Step

SHOWN = 5  # trials of the artifact


@task(name="find what is missing", cache_policy=NO_CACHE)
def find_nothing_to_do(order: FlowOrder) -> str | None:
    """Why there is nothing to search: the newest version came from this very experiment and this very data."""
    from tuning.unfinished import find_chosen

    chosen = find_chosen(order)
    return chosen and f"nothing to do: version {chosen.version} was searched on the data that is stored now"


@task(name="search", cache_policy=NO_CACHE)
def search_register(order: FlowOrder, now: dt.datetime, *, afresh: bool) -> "SearchOutcome":
    """What a killed run of the same search has finished is kept; shows how many trials ended, how, and the best."""
    from tuning.search import search

    show = open_progress(order.artifact("search-progress"), order.experiment.name)

    told = ""

    def tell(step: "Step") -> None:
        nonlocal told
        searches = step.name == "search"
        running, told = (step.ledger.count("running"), step.text()) if searches else (0, told)
        show(step.ledger.count() - running, step.total, told)

    return search(order.experiment, order.home, now=now, afresh=afresh, address=order.cluster, progress=tell)


@flow(name="search", flow_run_name=begin_as("search"), timeout_seconds=SECONDS)
@explained
def search_models(
    experiment: ExperimentName, overrides: Overrides = None, home: HomeFolder = None, again: bool = False
) -> State:
    """Search, gate and register, unless nothing is new; `again` searches the same data once more."""
    from tuning.check import check_learning

    order = open_order(experiment, overrides, home)
    check_learning(order.experiment)
    with order.alone("search"):
        if not again and (reason := find_nothing_to_do(order)):
            return Completed(message=reason)
        outcome = search_register(order, dt.datetime.now(dt.UTC), afresh=again)
    rename(f"search {order.experiment.name}, version {outcome.version.version}")
    create_markdown_artifact(
        build_report(outcome.version.evidence), key=order.artifact("search"), description=summarise(outcome)
    )
    return Completed(message=summarise(outcome), name="Completed" if outcome.passed else "Refused")


def summarise(outcome: "SearchOutcome") -> str:
    """One line: which version, what the gate said, and which tickers had no bars."""
    refused = outcome.evidence.gate.told_refused
    verdict = "is champion" if outcome.passed else f"was refused by the gate: {refused}"
    without = f"; without {', '.join(outcome.missing)}" if outcome.missing else ""
    fresh = f"; {outcome.refit}" if outcome.refit else ""
    parts = outcome.spec.components
    several = f"; {together(len(parts), outcome.spec.told)}" if len(parts) > 1 else ""
    return f"version {outcome.version.version} {verdict}{several}{fresh}{without}"


def build_report(evidence: "Evidence") -> str:
    """The gate's checks, the claims and the best trials, as tables."""
    checks = [
        f"| {check.name} | {'passed' if check.passed else 'refused'} | {check.why} |"
        for check in evidence.gate.checks
    ]
    claims = [
        f"| {claim(one.claim)} | {one.horizon} | {one.standing} | {one.why} |" for one in evidence.claims
    ]
    trials = [
        f"| {row.trial} | {row.family} | {row.status} | {_number(row.validation)} | {_number(row.test)} |"
        for row in evidence.search.head[:SHOWN]
    ]
    return "\n".join(
        [
            "| check | verdict | why |\n|---|---|---|",
            *checks,
            "\n| claim | ahead | standing | why |\n|---|---|---|---|",
            *claims,
            "\n| trial | family | status | validation | test |\n|---|---|---|---|---|",
            *trials,
        ]
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
