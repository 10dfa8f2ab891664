"""Fits a refit again, from bars alone, lays it beside the version that was judged, and compares."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ml_core.certificate.checked import CheckedPart
from ml_core.certificate.compare import check_audit, check_claims, check_data, check_lock, check_weights
from ml_core.certificate.judged import JudgedAgain
from ml_core.certificate.on_trust import check_gate_of_refit, tell_unmade
from ml_core.certificate.sections import Certificate, SignedRecipe, whole
from ml_core.claims.verdict import ClaimVerdict
from ml_core.evaluation.leakage import Audit
from ml_core.home.settings import Home
from ml_core.home.telling import Tell
from ml_core.promotion.beside import FittedAgain, audit_again, look_at
from ml_core.promotion.likeness import hand_on
from ml_core.registry.refit import Refit
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows

BESIDE = "beside its parent"


@dataclass(frozen=True)
class RefittedAgain:
    """What was fitted again, on which version of the store, what the audit of it found, and the claims handed on."""

    made: FittedAgain
    data_version: int
    audit: Audit
    claims: tuple[ClaimVerdict, ...]


def fit_again(
    signed: Certificate, refit: Refit, judged: JudgedAgain | None, home: Home, *, tell: Tell
) -> tuple[list[CheckedPart], RefittedAgain | None]:
    """What a refit has of its own: bars, weights, how it lies beside its parent, the claims handed on, audit, gate. It
    is looked at from the session on with which the holdout of the judged version began."""
    former = signed.of_judged().recipe
    data, bars = check_data(signed, home)
    checked = [check_lock(signed), data, _check_experiment(signed.recipe, former)]
    if bars is None or judged is None:
        return [*checked, *(one for one in tell_unmade() if one.part != "scores")], None
    version, prices = bars
    split, since = signed.recipe.split, former.split.test.start
    tell(f"fitting it again through {split.test.end}")
    windows = open_windows(signed.spec, prices)[0]
    forecaster = fit(signed.spec, windows, split)
    made = FittedAgain(signed.recipe.experiment, prices, windows, split, forecaster)
    audit = audit_again(made, since=since)
    again = RefittedAgain(made, version, audit, _hand_on(signed, refit, judged))
    checked += [
        check_weights(signed, forecaster),
        _check_beside(refit, made, judged, since=since),
        check_claims(signed.claims, again.claims),
        check_audit(signed, audit),
        *check_gate_of_refit(signed, refit, audit),
    ]
    return checked, again


def _check_experiment(now: SignedRecipe, former: SignedRecipe) -> CheckedPart:
    """A refit has the experiment of the version that was judged, its gate too."""
    same = whole(now.experiment) == whole(former.experiment)
    return CheckedPart("experiment", same, "" if same else "another than that of the version that was judged")


def _check_beside(refit: Refit, made: FittedAgain, judged: JudgedAgain, *, since: dt.date) -> CheckedPart:
    """A parent that is a refit himself is not made again: who he was fitted again from is in no file."""
    if refit.parent != refit.judged:
        return CheckedPart(BESIDE, None, f"version {refit.parent}, a refit too, is not made again")
    now = look_at(made, judged.forecaster, refit.parent, since=since)
    other = [name for name, value in now if whole(value) != whole(getattr(refit, name))]
    return CheckedPart(BESIDE, not other, f"otherwise: {', '.join(other)}" if other else "")


def _hand_on(signed: Certificate, refit: Refit, judged: JudgedAgain) -> tuple[ClaimVerdict, ...]:
    """The claims of the version that was judged, but those which its means were not judged for. Where refits stand
    between, one of them may have lost a claim on the way; none can have won one."""
    handed = hand_on(judged.claims, refit)
    if refit.parent == refit.judged:
        return handed
    lost = {(one.claim, one.horizon): one for one in signed.claims if one.standing == "unproven"}
    return tuple(lost.get((one.claim, one.horizon), one) for one in handed)
