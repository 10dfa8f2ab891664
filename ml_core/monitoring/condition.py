"""What `doctor` says of one part of the system (bars, a model, a service): in order, due, stuck or off, in words, and
the command that helps."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

ConditionState = Literal["well", "due", "stuck", "off"]


@dataclass(frozen=True)
class PartCondition:
    """`due` is work that waits for its turn, `stuck` what does not go on by itself, `off` what nobody has started.
    `verb`: the command that helps, about the same experiment and home; empty where none is needed."""

    part: str
    state: ConditionState
    told: str
    verb: str = ""


def is_well(conditions: Iterable[PartCondition]) -> bool:
    """Whether nothing waits for anybody."""
    return all(one.state in ("well", "off") for one in conditions)
