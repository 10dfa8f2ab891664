"""Puts what came out here beside what was signed, part by part."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ml_core.audit.lockfile import read_lock
from ml_core.audit.rebuild import describe_machine
from ml_core.certificate.certify import hash_bars
from ml_core.certificate.checked import CheckedPart
from ml_core.certificate.sections import HashedBars, SignedScores, SignedVersion, whole
from ml_core.claims.verdict import ClaimVerdict
from ml_core.data.prices import data_version, read_prices
from ml_core.errors import ForecastError
from ml_core.evaluation.leakage import Audit
from ml_core.forecaster.files import DESCRIPTION, WEIGHTS, checksum, save_forecaster
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.settings import Home
from ml_core.promotion.weighing import Weighed


def check_lock(signed: SignedVersion) -> CheckedPart:
    then, lock = signed.lock, read_lock()
    if lock is None or lock.sha256 != then.sha256:
        return CheckedPart("lock", same=False, why=f"{then.file} here is another one")
    if lock.otherwise:
        return CheckedPart(
            "lock", same=False, why=f"installed otherwise than locked: {', '.join(lock.otherwise)}"
        )
    was, now = then.made_with, describe_machine(signed.recipe.experiment)
    other = [f"{name} {was.get(name)}, here {value}" for name, value in now.items() if was.get(name) != value]
    return CheckedPart("lock", same=not other, why="; ".join(other))


def check_data(signed: SignedVersion, home: Home) -> tuple[CheckedPart, tuple[int, pl.DataFrame] | None]:
    """The bars and under which number they are stored here: those of the version that it names, else the newest, for a
    stranger's store counts its versions by itself."""
    experiment, then, why = signed.recipe.experiment, signed.data, ""
    for named in (then.version, None):
        try:
            version = named or data_version(experiment, home)
            prices = read_prices(experiment, home, until=then.last, version=version)
        except ForecastError as error:
            why = str(error)
            continue
        told = _tell_others(then, hash_bars(experiment, home, prices, then.last))
        if not told:
            return CheckedPart("data", same=True), (version, prices)
        why = f"the bars up to {then.last} are others: {told}"
    return CheckedPart("data", same=False, why=why), None


def _tell_others(then: HashedBars, now: HashedBars) -> str:
    """What of the bars is otherwise; empty where nothing is."""
    return ", ".join(
        f"{name} {getattr(then, name)}, here {value}" for name, value in now if getattr(then, name) != value
    )


def check_weights(signed: SignedVersion, forecaster: Forecaster) -> CheckedPart:
    with tempfile.TemporaryDirectory() as folder:
        save_forecaster(forecaster, Path(folder))
        now = {name: checksum(Path(folder) / name) for name in (WEIGHTS, DESCRIPTION)}
    other = [name for name in now if now[name] != signed.weights.get(name)]
    return CheckedPart("weights", same=not other, why=f"other bytes: {', '.join(other)}" if other else "")


def check_scores(signed: SignedScores, weighed: Weighed) -> CheckedPart:
    evaluation = weighed.evaluation
    now = SignedScores.model_validate(
        {
            "scores": whole(evaluation.scores.to_dicts()),
            "coverage": whole(evaluation.coverage.to_dicts()),
            "backtest": whole(evaluation.risk["holdout"]),
        }
    )
    other = [name for name, value in now if whole(value) != whole(getattr(signed, name))]
    return CheckedPart("scores", same=not other, why=f"other numbers: {', '.join(other)}" if other else "")


def check_claims(then: Sequence[ClaimVerdict], now: Sequence[ClaimVerdict]) -> CheckedPart:
    told = {(one.claim, one.horizon): whole(one) for one in now}
    other = [
        f"{one.claim} {one.horizon} ahead" for one in then if told.get((one.claim, one.horizon)) != whole(one)
    ]
    if len(then) != len(now):
        other.append(f"{len(then)} verdicts, here {len(now)}")
    return CheckedPart("claims", same=not other, why=f"judged otherwise: {', '.join(other)}" if other else "")


def check_audit(signed: SignedVersion, audit: Audit) -> CheckedPart:
    same = whole(audit.counts()) == whole(signed.audit.compared)
    return CheckedPart("audit", same=same, why="" if same else "it compared other rows, or found something")
