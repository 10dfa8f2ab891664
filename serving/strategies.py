"""The strategies that may be asked for by name, as what they change of the experiment's own."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from ml_core.errors import InvalidInput
from ml_core.spec.strategy import Sizing, Strategy, StrategyPart

# single: each ticker by its own forecast. cross_section: the best long, the worst short. ensemble: every horizon of the
# task shares the account. regime: nothing is held while the market is turbulent. combined: single and cross_section
# share the account. Where the experiment has horizons, regimes or parts of its own, those are taken.
Named: TypeAlias = Literal[
    "auto", "single", "cross_section", "long_short", "long_only", "sign", "ensemble", "regime", "combined"
]
ALONE = {"horizons": (), "parts": (), "combine": "given"}  # one strategy has the whole account
PER_PART = frozenset(StrategyPart.model_fields) - {"kind", "options", "horizon", "weight"}


def changes_of(name: Named, own: Strategy, horizons: Sequence[int]) -> dict[str, Any]:
    """The keys of [strategy] that this name stands for."""
    if name == "ensemble":
        return _ensemble(own, horizons)
    if name == "regime":
        return {} if own.regimes else {"turbulent_share": 0.0}
    if name == "combined":
        return {"parts": own.parts} if own.parts else _combined(own)
    kind = "long_short" if name == "cross_section" else name
    return {**ALONE, "kind": kind, "options": {}}  # which are those of a strategy from outside


def is_own(name: Named, own: Strategy, *, kind: str, own_kind: str) -> bool:
    """Whether it is the experiment's own strategy, of which alone it may be proven that it pays. `kind` and
    `own_kind`: what `auto` means for the tickers."""
    several = {"ensemble": bool(own.horizons), "regime": own.regimes, "combined": bool(own.parts)}
    return several.get(name, kind == own_kind)


def of_one_date(name: Named, own: Strategy, horizons: Sequence[int]) -> Strategy:
    """What is left of it where the forecasts of one date are all there is: nothing has been earned by then."""
    base, changes = own.of_one_date("auto"), changes_of(name, own, horizons)
    if name == "regime":
        changes = {
            one: getattr(own, one) for one in ("turbulent", "turbulent_share", "turbulent_above")
        } | changes
    if name == "combined":
        changes |= {one: Sizing.model_fields[one].default for one in ("quantile", "neutral")}
    earned = {"combine": "given"} if "combine" in changes else {}
    return Strategy.model_validate({**base.model_dump(exclude_unset=True), **changes, **earned})


def _ensemble(own: Strategy, horizons: Sequence[int]) -> dict[str, Any]:
    if own.horizons:
        return {"horizons": own.horizons}
    if len(horizons) < 2:
        raise InvalidInput(
            f"strategy: ensemble shares the account among horizons, and the experiment has one ({horizons[0]})"
        )
    return {**ALONE, "horizons": tuple(horizons), "combine": "sharpe"}


def _combined(own: Strategy) -> dict[str, Any]:
    kept = {
        one: getattr(own, one) for one in PER_PART if getattr(own, one) != Sizing.model_fields[one].default
    }
    cleared = {one: Sizing.model_fields[one].default for one in (*kept, "kind", "options")}
    return {**ALONE, **cleared, "parts": tuple({"kind": kind, **kept} for kind in ("single", "long_short"))}
