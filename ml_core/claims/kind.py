"""What a file of `kinds` declares: the four functions that judge its claim on a holdout, whether it speaks of a
direction, and how it is asked of live forecasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ml_core.claims.case import Case
from ml_core.claims.kinds import KINDS
from ml_core.claims.verdict import Condition, Contest
from ml_core.evaluation.declaration import Metric
from ml_core.spec import choices


@dataclass(frozen=True)
class LiveTest:
    """How a claim is asked of each date's forecasts as outcomes come: who is better by `metric`.

    `rival`: whom it is set beside there, in words; `needs`: what must be a number on both sides. `beside_reference`:
    the rival is the reference's own forecast; otherwise it is a mean of zero. `persistent`: who is right about it stays
    right for long, so that dates tell less than they are many. `ranks`: the metric is a correlation across the tickers
    of a date, which needs enough of them; who ranks nothing has none, which is 0.
    """

    metric: Metric
    rival: str
    needs: tuple[str, ...] = ("mean",)
    beside_reference: bool = False
    persistent: bool = False
    ranks: bool = False

    @property
    def is_share(self) -> bool:
        """Whether a difference is told as a share of the rival's loss; otherwise it is in the metric's own unit."""
        return self.metric.better == "lower"


@dataclass(frozen=True)
class Claim:
    """One thing that a forecast says.

    `excuse(case, horizon)`: why it is not asked there; empty where it is. `rivals(case)`: the names of those it must be
    better than, each. `contest(case, horizon, rival)`: the paired comparison with one of them. `conditions(case,
    horizon)`: what must hold besides. `direction`: nothing is left of it where a forecast says no direction. `reach`:
    it was proven of means as far from zero as those, and not of the same ones stretched. `live`: how it is asked live,
    or in a sentence why it is not.
    """

    excuse: Callable[[Case, int], str]
    rivals: Callable[[Case], tuple[str, ...]]
    contest: Callable[[Case, int, str], Contest]
    conditions: Callable[[Case, int], tuple[Condition, ...]]
    direction: bool
    live: LiveTest | str
    reach: bool = False


def claim_names() -> tuple[str, ...]:
    """Every claim there is, in alphabetical order."""
    return tuple(choices.names(KINDS))


def load_claim(name: str) -> Claim:
    """The claim of that name; an unknown name is answered with the nearest known one."""
    return choices.declared(KINDS, name, Claim)


def asked_live() -> dict[str, LiveTest]:
    """The claims that are asked of live forecasts, by name."""
    told = {name: load_claim(name).live for name in claim_names()}
    return {name: live for name, live in told.items() if isinstance(live, LiveTest)}


def unasked_live() -> dict[str, str]:
    """Those that are not, with the reason."""
    told = {name: load_claim(name).live for name in claim_names()}
    return {name: why for name, why in told.items() if isinstance(why, str)}
