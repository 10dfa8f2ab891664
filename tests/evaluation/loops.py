"""Works out the statistics of the evidence once more, from their papers and as plain loops, to compare with ours."""

import math

from scipy.special import betainc


def harvey_leybourne_newbold(
    loss_a: list[float], loss_b: list[float], *, horizon: int, lags: int
) -> tuple[float, float]:
    """Harvey, Leybourne and Newbold (1997), eq. 9, on Diebold and Mariano's statistic, whose variance weighs the
    autocovariances by Bartlett's kernel up to `lags`; one-sided p of a Student t with n - 1 degrees."""
    n = len(loss_a)
    differences = [a - b for a, b in zip(loss_a, loss_b, strict=True)]
    mean = sum(differences) / n
    total = 0.0
    for lag in range(-lags, lags + 1):
        products = [(differences[t] - mean) * (differences[t - abs(lag)] - mean) for t in range(abs(lag), n)]
        total += (1 - abs(lag) / (lags + 1)) * sum(products) / n
    statistic = mean / math.sqrt(total / n)
    statistic *= math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    tail = float(betainc((n - 1) / 2, 0.5, (n - 1) / (n - 1 + statistic**2))) / 2
    return statistic, tail if statistic < 0 else 1 - tail
