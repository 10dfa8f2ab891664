"""What every provider, model, feature, metric and strategy must keep, as functions: a package of one's own tests itself
by them, and ours are held to them too. Each takes names that are registered and raises ContractBroken with what was
found.

    from candorcast import testing
    testing.check_model("my_ridge")
    testing.check_everything()       # all that is registered from outside
"""

from __future__ import annotations

from collections.abc import Callable

from candorcast.testing.features import check_feature
from candorcast.testing.metrics import check_metric
from candorcast.testing.models import check_model
from candorcast.testing.providers import check_provider
from candorcast.testing.strategies import check_strategy
from ml_core.errors import ContractBroken
from ml_core.spec.outside import PluginKind, find_outside

__all__ = [
    "ContractBroken",
    "check_everything",
    "check_feature",
    "check_metric",
    "check_model",
    "check_provider",
    "check_strategy",
]


CHECKS: dict[PluginKind, Callable[[str], None]] = {
    "provider": check_provider,
    "model": check_model,
    "network": check_model,
    "metric": check_metric,
    "strategy": check_strategy,
}


def check_everything() -> list[str]:
    """All that was registered from outside, with its default options; what was checked, as `model my_ridge`."""
    told = []
    for kind, check in CHECKS.items():
        for name in find_outside(kind):
            check(name)
            told.append(f"{kind} {name}")
    for name, one in find_outside("feature").items():
        check_feature(*(feature.name for feature in one.load()[1]))
        told.append(f"feature {name}")
    return told
