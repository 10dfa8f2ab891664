"""Says how much each of several forecasts should count when they answer as one: by what each gained on dates that it
did not learn from, drawn to equal parts by how uncertain that is.

Of forecasts of the same size whose errors are alike, the best mean weighs each by its gain. But gains are measured with
luck, and weights fitted to luck do worse than equal ones (Smith and Wallis 2009; Claeskens and others 2016). So two
errors draw them back: that of the differences between them, and that of what all gain together.
"""

from __future__ import annotations

from math import hypot

import numpy as np

from ml_core.errors import NotEnoughData
from ml_core.evaluation.paired import weigh_mean
from ml_core.evaluation.shrinkage import shrink
from ml_core.frames import Array


def weigh_members(gain_TM: Array, *, horizon: int) -> Array:
    """weight_M, none below zero and one in sum, from gains by date: each one's score above that of a forecast that
    knows nothing. Equal where there are too few dates to tell."""
    equal_M = np.full(gain_TM.shape[1], 1 / gain_TM.shape[1])
    try:
        again_M = shrink(gain_TM, ["member"] * gain_TM.shape[1], horizon=horizon).again_M
        together = weigh_mean(gain_TM.mean(axis=1), horizon=horizon)
    except NotEnoughData:
        return equal_M
    away_M = again_M - again_M.mean()
    sure = hypot(max(together.value, 0.0), together.error)
    if not sure > 0:
        return equal_M
    share_M = np.maximum(1 + away_M / sure, 0.0)
    return share_M / share_M.sum()
