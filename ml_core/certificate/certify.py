"""Gathers all that a certificate says of a version, from its evidence and files."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import polars as pl

from ml_core.audit.lockfile import NAME, read_lock
from ml_core.audit.rebuild import read_recipe
from ml_core.certificate.sections import (
    About,
    Certificate,
    HashedBars,
    Luck,
    SignedAudit,
    SignedBars,
    SignedLock,
    SignedRecipe,
    SignedScores,
    SignedVersion,
)
from ml_core.data.prices import read_benchmark, read_prices
from ml_core.errors import InvalidInput
from ml_core.forecaster.files import DESCRIPTION, WEIGHTS, checksum
from ml_core.home.settings import Home
from ml_core.registry.evidence import Evidence
from ml_core.registry.lineage import judged_of
from ml_core.registry.version import ModelVersion, search_again
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment


def describe(registered: ModelVersion, home: Home) -> Certificate:
    """What a certificate says of it. A refit was not judged itself: who was is told beside it, so that a stranger can
    judge him again, and then fit again from him."""
    evidence = registered.evidence
    if evidence.independent is None:
        raise InvalidInput(
            f"{registered.name} version {registered.version} was registered before it was kept how many trials its "
            f"luck was paid for; {search_again(registered.name)}"
        )
    judged = _tell_version(judged_of(Registry(home), registered), home) if evidence.refit else None
    return Certificate(
        **dict(_tell_version(registered, home)),
        spec=registered.spec,
        scores=SignedScores(scores=evidence.scores, coverage=evidence.coverage, backtest=evidence.backtest),
        luck=_tell_luck(evidence, evidence.independent),
        **_if_any(judged=judged),
    )


def _tell_version(registered: ModelVersion, home: Home) -> SignedVersion:
    evidence, recipe = registered.evidence, read_recipe(registered)
    lock = read_lock()
    if lock is None:
        raise InvalidInput(
            f"no {NAME} stands beside this code; a certificate says which one it was made with"
        )
    prices = read_prices(recipe.experiment, home, version=evidence.data_version)
    last = prices["date"].max()
    assert isinstance(last, dt.date)
    bars = hash_bars(recipe.experiment, home, prices, last)
    return SignedVersion(
        about=About(
            model=registered.name,
            version=registered.version,
            role=evidence.role,
            created=evidence.created,
            **_if_any(refit=evidence.refit),
        ),
        data=SignedBars(**dict(bars), version=evidence.data_version, store=evidence.store),
        lock=SignedLock(file=NAME, sha256=lock.sha256, made_with=recipe.made_with),
        recipe=SignedRecipe(experiment=recipe.experiment, split=recipe.split),
        weights={name: checksum(registered.folder / name) for name in (WEIGHTS, DESCRIPTION)},
        claims=evidence.claims,
        audit=SignedAudit(compared=evidence.audit, gate=evidence.gate),
    )


def _if_any(**values: Any) -> dict[str, Any]:
    """Only of a refit: what is not given is not written, and every other certificate has the bytes it had before."""
    return {name: value for name, value in values.items() if value is not None}


def _tell_luck(evidence: Evidence, independent: float) -> Luck:
    return Luck(
        trials=evidence.search.trials,
        tried=evidence.backtest.trials,
        independent=independent,
        overfitting=evidence.search.overfitting,
        look=evidence.looks,
        share=evidence.share,
    )


def hash_bars(experiment: Experiment, home: Home, prices: pl.DataFrame, last: dt.date) -> HashedBars:
    """The bars up to that day by their hash, and those of the benchmark."""
    benchmark = read_benchmark(experiment, home)
    known = prices.filter(pl.col("date") <= last)
    return HashedBars(
        last=last,
        rows=known.height,
        sha256=hash_table(known),
        benchmark=None if benchmark is None else hash_table(benchmark.filter(pl.col("date") <= last)),
    )


def hash_table(table: pl.DataFrame) -> str:
    """Of every value, row by row: the same table has the same hash on every machine."""
    digest = hashlib.sha256()
    table = table.select(sorted(table.columns)).sort("ticker", "date")
    for column in table:
        digest.update(f"{column.name} {column.dtype} {column.null_count()}\n".encode())
        digest.update("\n".join(repr(value) for value in column.to_list()).encode())
    return digest.hexdigest()
