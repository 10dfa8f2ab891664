"""Lists the metrics that forecasts are measured by. A function here adds one; others are registered from outside."""

import numpy as np
import scipy  # its parts are loaded where they are first used

from ml_core.errors import InvalidInput
from ml_core.evaluation.declaration import Metric, per_date, per_row
from ml_core.evaluation.rows import ScoredRows
from ml_core.frames import Array
from ml_core.spec.choices import nearest
from ml_core.spec.outside import find_outside

LEVEL = 0.9  # of every interval between lower and upper
DEVIATIONS = 1.6448536269514722  # a normal's interval of that level: so `scale` is a standard deviation


@per_row(better="lower")
def mse(rows: ScoredRows) -> Array:
    """Mean squared error of the log return."""
    return (rows["mean"] - rows["realized"]) ** 2


@per_row(better="lower", is_loss=False, finish=np.sqrt)
def rmse(rows: ScoredRows) -> Array:
    """Root of the mean squared error."""
    return (rows["mean"] - rows["realized"]) ** 2


@per_row(better="lower")
def mae(rows: ScoredRows) -> Array:
    """Mean absolute error of the log return."""
    return np.abs(rows["mean"] - rows["realized"])


@per_row(better="lower")
def mape(rows: ScoredRows) -> Array:
    """Mean absolute error of the implied price, today's close · e^forecast, as a share of the close that came."""
    return np.abs(np.expm1(rows["mean"] - rows["realized"]))


@per_row(better="higher", best=1.0)
def direction(rows: ScoredRows) -> Array:
    """Share of rows whose sign was right; one half where forecast or outcome (not both) is exactly zero."""
    return 1 - np.abs(np.sign(rows["mean"]) - np.sign(rows["realized"])) / 2


@per_date(better="higher")
def ic(rows: ScoredRows) -> tuple[Array, Array]:
    """Correlation of forecast and outcome across tickers, mean over dates; across time, mean over tickers,
    where dates have fewer than five tickers."""
    return rows["mean"], rows["realized"]


@per_date(better="higher")
def rank_ic(rows: ScoredRows) -> tuple[Array, Array]:
    """As ic, of ranks."""
    return _ranks(rows, rows["mean"]), _ranks(rows, rows["realized"])


@per_date(better="higher", ratio=True)
def icir(rows: ScoredRows) -> tuple[Array, Array]:
    """Mean of the daily ic over its deviation, not annualised; undefined without a cross-section."""
    return rows["mean"], rows["realized"]


@per_row("scale", better="lower")
def crps(rows: ScoredRows) -> Array:
    """Continuous ranked probability score of a normal forecast with this mean and scale."""
    return normal_crps(rows["realized"] - rows["mean"], rows["scale"])


@per_row("lower", "upper", better="lower")
def pinball(rows: ScoredRows) -> Array:
    """Mean of the quantile losses of the interval's two ends."""
    tail = (1 - LEVEL) / 2
    below, above = rows["realized"] - rows["lower"], rows["realized"] - rows["upper"]
    low = np.maximum(tail * below, (tail - 1) * below)
    high = np.maximum((1 - tail) * above, -tail * above)
    return (low + high) / 2


@per_row("lower", "upper", better="level", is_loss=False, best=LEVEL)
def coverage(rows: ScoredRows) -> Array:
    """Share of outcomes inside the interval, ends included; right where it equals the interval's level."""
    known = np.isfinite(rows["lower"]) & np.isfinite(rows["upper"])
    inside = (rows["lower"] <= rows["realized"]) & (rows["realized"] <= rows["upper"])
    return np.where(known, inside.astype(float), np.nan)


def normal_crps(error: Array, scale: Array) -> Array:
    """The score of a normal forecast, in closed form (Gneiting and Raftery 2007)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        z = error / scale
        density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
        score = scale * (z * (2 * scipy.special.ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))
    return np.where(scale > 0, score, np.where(scale == 0, np.abs(error), np.nan))


def metric_names() -> list[str]:
    """Every metric, in the order written above; then those that were registered from outside."""
    own = [item.name for item in globals().values() if isinstance(item, Metric)]
    return [*own, *sorted(find_outside("metric"))]


def find_metric(name: str) -> Metric:
    """The metric of that name; an unknown one is answered with the nearest known one."""
    if isinstance(own := globals().get(name), Metric):
        return own
    outside = find_outside("metric")
    if name not in outside:
        raise InvalidInput(f"unknown metric '{name}'{nearest(name, metric_names())}")
    return outside[name].load()


def _ranks(rows: ScoredRows, values: Array) -> Array:
    """The rank of each row within its date or, without a cross-section, within its ticker's time."""
    from scipy.stats import rankdata  # slow to import, and most objectives do without

    group = rows.session if rows.cross_section else rows.series
    order = np.lexsort((values, group))
    ranks = np.empty(len(values))
    new = np.diff(group[order], prepend=-1) != 0
    tied = ~new & (np.diff(values[order], prepend=np.nan) == 0)  # ties share their mean rank
    place = rankdata(np.cumsum(~tied), method="average")
    ranks[order] = place - np.flatnonzero(new)[np.cumsum(new) - 1]
    return ranks
