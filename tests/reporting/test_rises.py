"""Bars of what would be lost are coloured where they are surely more than nothing of a claim that is proven."""

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from ml_core.reporting import style
from ml_core.reporting.rises import draw_rises

RISES = [("gap", 2.0, 1.0, 3.0), ("luck", 0.1, -0.5, 0.7)]


@pytest.mark.parametrize("proven", [True, False])
def test_bars_of_a_claim_that_is_not_proven_are_all_grey(proven):
    (axes,) = draw_rises(RISES, unit="percent", proven=proven).axes
    bars = [one for one in axes.patches if isinstance(one, Rectangle)]
    colours = [to_hex(one.get_facecolor()) for one in reversed(bars)]
    grey = to_hex(style.GRID)
    assert colours == [to_hex(style.BLUE) if proven else grey, grey]
