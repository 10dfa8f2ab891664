"""Sums up one paired comparison: a mean difference per date, in numbers and in words."""

from ml_core.claims.verdict import Contest
from ml_core.evaluation.paired import Mean


def sum_up(rival: str, mean: Mean, *, unit: float, told: str) -> Contest:
    """A mean difference per date (positive: ours is better), divided by `unit`."""
    low, high = mean.interval()
    return Contest(rival, mean.value / unit, low / unit, high / unit, mean.p, mean.dates, told)


def tell_share(what: str, share: float, rival: str) -> str:
    """`squared error 1.20 % smaller than zero's`."""
    return f"{what} {100 * abs(share):.2f} % {'smaller' if share >= 0 else 'larger'} than {rival}'s"


def tell_p(p: float) -> str:
    return "below .001" if p < 0.001 else f"{p:.3f}".lstrip("0")
