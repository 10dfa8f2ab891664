"""Where the price goes: the squared error of the mean is smaller than that of each who says something simpler."""

from ml_core.claims.case import SILENT, Case
from ml_core.claims.kind import Claim, LiveTest
from ml_core.claims.losses import contest_losses
from ml_core.claims.verdict import Condition, Contest
from ml_core.evaluation.metrics import mse


def excuse(case: Case, horizon: int) -> str:
    if not case.own(horizon):
        return "no row has an outcome yet"
    return SILENT if case.silent(horizon) else ""


def rivals(case: Case) -> tuple[str, ...]:
    return case.terms.level


def contest(case: Case, horizon: int, rival: str) -> Contest:
    return contest_losses(case, horizon, rival, metric=mse, what="squared error", persistent=False)


def conditions(_case: Case, _horizon: int) -> tuple[Condition, ...]:
    return ()


CLAIM = Claim(
    excuse,
    rivals,
    contest,
    conditions,
    direction=True,
    live=LiveTest(mse, rival="a forecast of zero"),
    reach=True,
)
