"""Fits the version that was judged again, from bars alone, judges it on its holdout, and compares."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ml_core.certificate.checked import CheckedPart
from ml_core.certificate.compare import (
    check_audit,
    check_claims,
    check_data,
    check_lock,
    check_scores,
    check_weights,
)
from ml_core.certificate.on_trust import check_gate, tell_unmade
from ml_core.certificate.sections import Certificate
from ml_core.claims.verdict import ClaimVerdict
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.settings import Home
from ml_core.home.telling import Tell
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.looks import Paid
from ml_core.promotion.weighing import Weighed, weigh
from ml_core.registry.searched import Searched
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows


@dataclass(frozen=True)
class JudgedAgain:
    """What was made and how its claims were judged."""

    weighed: Weighed

    @property
    def forecaster(self) -> Forecaster:
        return self.weighed.candidate.forecaster

    @property
    def claims(self) -> tuple[ClaimVerdict, ...]:
        return self.weighed.claims


def judge_again(
    signed: Certificate, home: Home, *, tell: Tell
) -> tuple[list[CheckedPart], JudgedAgain | None]:
    """Part by part. On other bars nothing that follows could be the same, and nothing is made."""
    data, bars = check_data(signed, home)
    checked = [check_lock(signed), data]
    if bars is None:
        return [*checked, *tell_unmade()], None
    version, prices = bars
    tell("fitting it again")
    windows, split = open_windows(signed.spec, prices)[0], signed.recipe.split
    forecaster = fit(signed.spec, windows, split)
    tell("judging it again on its holdout")
    candidate = Candidate(forecaster, windows, prices, version, split, pl.DataFrame(), Searched(trials=0))
    weighed = _weigh(signed, home, candidate)
    checked += [
        check_weights(signed, forecaster),
        check_scores(signed.scores, weighed),
        check_claims(signed.claims, weighed.claims),
        check_audit(signed, weighed.audit),
        *check_gate(signed, weighed),
    ]
    return checked, JudgedAgain(weighed)


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
