"""Fits and judges again what a certificate speaks of, from bars alone, and names what comes out otherwise."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import TypeAdapter

from ml_core.audit.lockfile import read_lock
from ml_core.audit.rebuild import describe_machine
from ml_core.certificate.certify import tell_data, whole
from ml_core.certificate.checked import CheckedPart
from ml_core.certificate.on_trust import check_gate, tell_unmade, tell_word
from ml_core.certificate.paper import Certificate
from ml_core.data.prices import data_version, read_prices
from ml_core.errors import ForecastError
from ml_core.forecaster.files import DESCRIPTION, WEIGHTS, checksum, save_forecaster
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.settings import Home
from ml_core.panel.splits import Split
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.looks import Paid
from ml_core.promotion.weighing import Weighed, weigh
from ml_core.registry.account import Backtest
from ml_core.registry.scores import CoverageRow, Score
from ml_core.registry.searched import Searched
from ml_core.spec.ensemble import Ensemble, Spec
from ml_core.spec.experiment import Experiment
from ml_core.spec.run import RunSpec
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows

Tell = Callable[[str], None]


def recheck(paper: Certificate, home: Home, *, tell: Tell = lambda _: None) -> list[CheckedPart]:
    """Part by part, and what nothing here is put beside. On other bars nothing that follows could be the same."""
    experiment = Experiment.model_validate(paper.parts["recipe"]["experiment"])
    split = TypeAdapter(Split).validate_python(paper.parts["recipe"]["split"])
    spec: Spec = TypeAdapter(RunSpec | Ensemble).validate_python(paper.parts["spec"])
    found, bars = _check_data(paper, experiment, home)
    checked = [_check_lock(paper), found]
    if bars is None:
        return [*checked, *tell_unmade(), *tell_word()]
    version, prices = bars
    tell("fitting it again")
    windows = open_windows(spec, prices)[0]
    forecaster = fit(spec, windows, split)
    checked.append(_check_weights(paper, forecaster))
    tell("judging it again on its holdout")
    candidate = Candidate(forecaster, windows, prices, version, split, pl.DataFrame(), Searched(trials=0))
    luck = paper.parts["luck"]
    paid = Paid(luck["look"], luck["share"] if luck["share"] is not None else 1 / luck["look"])
    weighed = weigh(
        experiment, home, candidate, paid=paid, tried=luck["tried"] or 0, independent=luck["independent"]
    )
    return [*checked, *_check_found(paper, weighed), *check_gate(paper, experiment, weighed), *tell_word()]


def _check_lock(paper: Certificate) -> CheckedPart:
    then, lock = paper.parts["lock"], read_lock()
    if lock is None or lock.sha256 != then["sha256"]:
        return CheckedPart("lock", same=False, why=f"{then['file']} here is another one")
    if lock.otherwise:
        return CheckedPart(
            "lock", same=False, why=f"installed otherwise than locked: {', '.join(lock.otherwise)}"
        )
    was, now = then["made_with"], describe_machine()
    other = [f"{name} {was.get(name)}, here {value}" for name, value in now.items() if was.get(name) != value]
    return CheckedPart("lock", same=not other, why="; ".join(other))


def _check_data(
    paper: Certificate, experiment: Experiment, home: Home
) -> tuple[CheckedPart, tuple[int, pl.DataFrame] | None]:
    """The bars and under which number they are stored here: those of the version that it names, else the newest, for a
    stranger's store counts its versions by itself."""
    then = paper.parts["data"]
    last, why = dt.date.fromisoformat(then["last"]), ""
    for named in (then["version"], None):
        try:
            version = named or data_version(experiment, home)
            prices = read_prices(experiment, home, until=last, version=version)
        except ForecastError as error:
            why = str(error)
            continue
        now = tell_data(experiment, home, prices, last)
        differing = [name for name in now if now[name] != then[name]]
        if not differing:
            return CheckedPart("data", same=True), (version, prices)
        told = ", ".join(f"{name} {then[name]}, here {now[name]}" for name in differing)
        why = f"the bars up to {last} are others: {told}"
    return CheckedPart("data", same=False, why=why), None


def _check_weights(paper: Certificate, forecaster: Forecaster) -> CheckedPart:
    with tempfile.TemporaryDirectory() as folder:
        save_forecaster(forecaster, Path(folder))
        now = {name: checksum(Path(folder) / name) for name in (WEIGHTS, DESCRIPTION)}
    then = paper.parts["weights"]
    other = [name for name in now if now[name] != then[name]]
    return CheckedPart("weights", same=not other, why=f"other bytes: {', '.join(other)}" if other else "")


def _check_found(paper: Certificate, weighed: Weighed) -> list[CheckedPart]:
    evaluation = weighed.evaluation
    scores = {
        "scores": [Score.model_validate(whole(row)) for row in evaluation.scores.to_dicts()],
        "coverage": [CoverageRow.model_validate(whole(row)) for row in evaluation.coverage.to_dicts()],
        "backtest": Backtest.model_validate(whole(evaluation.risk["holdout"])),
    }
    then, now = paper.parts["scores"], whole(scores)
    other = [name for name in now if now[name] != then[name]]
    audited = whole(weighed.audit.counts()) == paper.parts["audit"]["compared"]
    return [
        CheckedPart("scores", same=not other, why=f"other numbers: {', '.join(other)}" if other else ""),
        _check_claims(paper.parts["claims"], whole(weighed.claims)),
        CheckedPart(
            "audit", same=audited, why="" if audited else "it compared other rows, or found something"
        ),
    ]


def _check_claims(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> CheckedPart:
    told = {(one["claim"], one["horizon"]): one for one in now}
    other = [
        f"{one['claim']} {one['horizon']} ahead"
        for one in then
        if told.get((one["claim"], one["horizon"])) != one
    ]
    if len(then) != len(now):
        other.append(f"{len(then)} verdicts, here {len(now)}")
    return CheckedPart("claims", same=not other, why=f"judged otherwise: {', '.join(other)}" if other else "")
