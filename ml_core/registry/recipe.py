"""How a registered version was made, so that it can be made again."""

from __future__ import annotations

from ml_core.panel.splits import Split
from ml_core.spec.experiment import Experiment
from ml_core.spec.section import FrozenSection, OpenSection


class Recipe(FrozenSection):
    """All that a model was made from besides its spec and the data version, which its evidence names."""

    experiment: Experiment
    split: Split
    made_with: dict[str, str]


class EarlierRecipe(OpenSection):
    """The recipe of an earlier candorcast: kept as it was told, but it says less, or otherwise than today's."""
