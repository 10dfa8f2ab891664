"""Where the price goes: the squared error of the mean is smaller than that of each who says something simpler."""

from ml_core.claims.case import Case
from ml_core.claims.losses import contest_losses
from ml_core.claims.verdict import Condition, Contest
from ml_core.evaluation.metrics import mse


def excuse(case: Case, horizon: int) -> str:
    return "" if case.own(horizon) else "no row has an outcome yet"


def rivals(case: Case) -> tuple[str, ...]:
    return case.terms.level


def contest(case: Case, horizon: int, rival: str) -> Contest:
    return contest_losses(case, horizon, rival, metric=mse, what="squared error", persistent=False)


def conditions(_case: Case, _horizon: int) -> tuple[Condition, ...]:
    return ()
