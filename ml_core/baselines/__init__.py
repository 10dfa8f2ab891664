"""One file per baseline, found by its name: `predict(windows, split, lookback) -> mean_NTH`, fitted on the
training dates of the split, in units of volatility as the windows hold their targets."""

from ml_core import choices
from ml_core.errors import InvalidInput


def check_baselines(names: tuple[str, ...]) -> None:
    """Refuse a baseline that nobody wrote, before a search is run to be judged by it."""
    known = choices.names(__name__)
    for name in names:
        if name not in known:
            raise InvalidInput(f"gate.beat: unknown baseline '{name}'{choices.nearest(name, known)}")
