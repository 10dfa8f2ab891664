"""Fits and judges again what a certificate speaks of, from bars alone, and names what comes out otherwise."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from ml_core.audit.lockfile import read_lock
from ml_core.audit.rebuild import describe_machine
from ml_core.certificate.certify import hash_bars
from ml_core.certificate.checked import CheckedPart
from ml_core.certificate.on_trust import check_gate, tell_unmade, tell_word
from ml_core.certificate.sections import Certificate, HashedBars, SignedScores, whole
from ml_core.claims.verdict import ClaimVerdict
from ml_core.data.prices import data_version, read_prices
from ml_core.errors import ForecastError
from ml_core.forecaster.files import DESCRIPTION, WEIGHTS, checksum, save_forecaster
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.settings import Home
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.looks import Paid
from ml_core.promotion.weighing import Weighed, weigh
from ml_core.registry.searched import Searched
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows

Tell = Callable[[str], None]


def recheck(signed: Certificate, home: Home, *, tell: Tell = lambda _: None) -> list[CheckedPart]:
    """Part by part, and what nothing here is put beside. On other bars nothing that follows could be the same."""
    found, bars = _check_data(signed, home)
    checked = [_check_lock(signed), found]
    if bars is None:
        return [*checked, *tell_unmade(), *tell_word()]
    version, prices = bars
    tell("fitting it again")
    windows, split = open_windows(signed.spec, prices)[0], signed.recipe.split
    forecaster = fit(signed.spec, windows, split)
    checked.append(_check_weights(signed, forecaster))
    tell("judging it again on its holdout")
    candidate = Candidate(forecaster, windows, prices, version, split, pl.DataFrame(), Searched(trials=0))
    weighed = _weigh(signed, home, candidate)
    return [*checked, *_check_found(signed, weighed), *check_gate(signed, weighed), *tell_word()]


def _weigh(signed: Certificate, home: Home, candidate: Candidate) -> Weighed:
    """With the trials, looks and share that the signer names."""
    luck = signed.luck
    return weigh(
        signed.recipe.experiment,
        home,
        candidate,
        paid=Paid(luck.look, 1 / luck.look if luck.share is None else luck.share),
        tried=luck.tried or 0,
        independent=luck.independent,
    )


def _check_lock(signed: Certificate) -> CheckedPart:
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


def _check_data(signed: Certificate, home: Home) -> tuple[CheckedPart, tuple[int, pl.DataFrame] | None]:
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
        f"{name} {getattr(then, name)}, here {found}" for name, found in now if getattr(then, name) != found
    )


def _check_weights(signed: Certificate, forecaster: Forecaster) -> CheckedPart:
    with tempfile.TemporaryDirectory() as folder:
        save_forecaster(forecaster, Path(folder))
        now = {name: checksum(Path(folder) / name) for name in (WEIGHTS, DESCRIPTION)}
    other = [name for name in now if now[name] != signed.weights.get(name)]
    return CheckedPart("weights", same=not other, why=f"other bytes: {', '.join(other)}" if other else "")


def _check_found(signed: Certificate, weighed: Weighed) -> list[CheckedPart]:
    evaluation = weighed.evaluation
    now = SignedScores.model_validate(
        {
            "scores": whole(evaluation.scores.to_dicts()),
            "coverage": whole(evaluation.coverage.to_dicts()),
            "backtest": whole(evaluation.risk["holdout"]),
        }
    )
    other = [name for name, found in now if whole(found) != whole(getattr(signed.scores, name))]
    audited = whole(weighed.audit.counts()) == whole(signed.audit.compared)
    return [
        CheckedPart("scores", same=not other, why=f"other numbers: {', '.join(other)}" if other else ""),
        _check_claims(signed.claims, weighed.claims),
        CheckedPart(
            "audit", same=audited, why="" if audited else "it compared other rows, or found something"
        ),
    ]


def _check_claims(then: Sequence[ClaimVerdict], now: Sequence[ClaimVerdict]) -> CheckedPart:
    told = {(one.claim, one.horizon): whole(one) for one in now}
    other = [
        f"{one.claim} {one.horizon} ahead" for one in then if told.get((one.claim, one.horizon)) != whole(one)
    ]
    if len(then) != len(now):
        other.append(f"{len(then)} verdicts, here {len(now)}")
    return CheckedPart("claims", same=not other, why=f"judged otherwise: {', '.join(other)}" if other else "")
