"""Makes the forecasts of the holdout again, from the stored weights and the bars as they were, and trades them: for the
curves and months that a version's evidence does not keep."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from ml_core.bulletin.subject import ReportSubject
from ml_core.data.prices import read_benchmark, read_prices
from ml_core.errors import ForecastError
from ml_core.portfolio.attribution import ReturnAttribution
from ml_core.portfolio.comparison import Comparison
from ml_core.registry.versions import Registry
from ml_core.vocabulary import words
from ml_core.walkforward.trading import split_money, weigh
from ml_core.walkforward.unseen import forecast_unseen

HOLDOUT = "holdout"
NEAR = 1e-6  # relative; the same bars and weights give the same number up to the order of sums


@dataclass(frozen=True)
class Replay:
    """SCORED rows of the holdout, what trading them comes to, and where that came from; none of these, with the reason,
    where they cannot be made again. `differs`: in words, where the return is not the one that was judged."""

    forecasts: pl.DataFrame | None = None
    money: Comparison | None = None
    origins: ReturnAttribution | None = None
    why: str = ""
    differs: str = ""


def replay(subject: ReportSubject) -> Replay:
    judged = subject.judged
    if judged is None or not judged.readable:
        return Replay(why="nothing was judged that could be forecast again.")
    evidence, home, experiment = judged.evidence, subject.order.home, subject.experiment
    try:
        prices = read_prices(experiment, home, version=evidence.data_version)
        made = forecast_unseen(Registry(home), judged, prices)
        forecasts = made.filter(pl.col("as_of") <= evidence.holdout.end)
        benchmark = read_benchmark(experiment, home)
        money = weigh(experiment, prices, forecasts, benchmark=benchmark)
        origins = split_money(experiment, prices, money, benchmark=benchmark)[HOLDOUT]
    except ForecastError as error:
        return Replay(why=f"{error}.")
    again, then = money[HOLDOUT].summary["cumulative"], evidence.backtest.cumulative
    same = then is None or math.isclose(again, then, rel_tol=NEAR, abs_tol=NEAR)
    today, judged_then = (words.percent(one, digits=4) for one in (again, then))
    differs = "" if same else f"made again today it comes to {today}, and it was {judged_then} when judged"
    return Replay(forecasts, money[HOLDOUT], origins, differs=differs)
