"""Gathers all that a certificate says of a version, from its evidence and files."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import polars as pl

from ml_core.audit.lockfile import NAME, read_lock
from ml_core.audit.rebuild import read_recipe
from ml_core.certificate.paper import written
from ml_core.data.prices import read_benchmark, read_prices
from ml_core.errors import InvalidInput
from ml_core.forecaster.files import DESCRIPTION, WEIGHTS, checksum
from ml_core.home.settings import Home
from ml_core.registry.evidence import Evidence
from ml_core.registry.version import ModelVersion, search_again
from ml_core.spec.experiment import Experiment
from ml_core.spec.plain import plain


def describe(registered: ModelVersion, home: Home) -> dict[str, Any]:
    """The parts of the certificate. A refit was not judged itself, so there is nothing to certify of it."""
    evidence, recipe, spec = registered.evidence, read_recipe(registered), registered.spec
    who = f"{registered.name} version {registered.version}"
    if evidence.refit:
        raise InvalidInput(
            f"{who} was fitted again and not judged itself; expected --version {evidence.refit.judged}, which was"
        )
    if evidence.independent is None:
        raise InvalidInput(
            f"{who} was registered before it was kept how many trials its luck was paid for; "
            f"{search_again(registered.name)}"
        )
    lock = read_lock()
    if lock is None:
        raise InvalidInput(
            f"no {NAME} stands beside this code; a certificate says which one it was made with"
        )
    prices = read_prices(recipe.experiment, home, version=evidence.data_version)
    last = prices["date"].max()
    assert isinstance(last, dt.date)
    return {
        "about": {
            "model": registered.name,
            "version": registered.version,
            "role": evidence.role,
            "created": plain(evidence.created),
        },
        "data": tell_data(recipe.experiment, home, prices, last)
        | {"version": evidence.data_version, "store": evidence.store},
        "lock": {"file": NAME, "sha256": lock.sha256, "made_with": plain(recipe.made_with)},
        "recipe": whole(
            {"experiment": recipe.experiment.model_dump(mode="json"), "split": plain(recipe.split)}
        ),
        "spec": whole(spec.model_dump(mode="json")),
        "weights": {name: checksum(registered.folder / name) for name in (WEIGHTS, DESCRIPTION)},
        **tell_found(evidence),
        "luck": {
            "trials": evidence.search.trials,
            "tried": evidence.backtest.trials,
            "independent": evidence.independent,
            "overfitting": evidence.search.overfitting,
            "look": evidence.looks,
            "share": evidence.share,
        },
        "audit": {"compared": plain(evidence.audit), "gate": plain(evidence.gate)},
    }


def tell_found(evidence: Evidence) -> dict[str, Any]:
    """What anybody finds who fits and judges the same again."""
    return {
        "scores": whole(
            {"scores": evidence.scores, "coverage": evidence.coverage, "backtest": evidence.backtest}
        ),
        "claims": whole(evidence.claims),
    }


def tell_data(experiment: Experiment, home: Home, prices: pl.DataFrame, last: dt.date) -> dict[str, Any]:
    """The bars up to that day by their hash, and those of the benchmark."""
    benchmark = read_benchmark(experiment, home)
    return {
        "last": f"{last}",
        "rows": prices.filter(pl.col("date") <= last).height,
        "sha256": hash_table(prices.filter(pl.col("date") <= last)),
        "benchmark": None if benchmark is None else hash_table(benchmark.filter(pl.col("date") <= last)),
    }


def hash_table(table: pl.DataFrame) -> str:
    """Of every value, row by row: the same table has the same hash on every machine."""
    found = hashlib.sha256()
    table = table.select(sorted(table.columns)).sort("ticker", "date")
    for column in table:
        found.update(f"{column.name} {column.dtype} {column.null_count()}\n".encode())
        found.update("\n".join(repr(value) for value in column.to_list()).encode())
    return found.hexdigest()


def whole(value: Any) -> Any:
    """As it is after it was written and read."""
    return json.loads(written(plain(value)))
