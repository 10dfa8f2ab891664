"""Names the seats of a model: `champion` has earned it, `reference` answers until one has, `challenger` was judged last
and refused. Which version sits where, and how a reader is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from ml_core.registry.version import ModelVersion

Seat: TypeAlias = Literal["champion", "challenger", "reference"]
CHAMPION: Seat = "champion"
CHALLENGER: Seat = "challenger"
REFERENCE: Seat = "reference"
SEATS: tuple[Seat, ...] = (CHAMPION, CHALLENGER, REFERENCE)
ANSWERING: tuple[Seat, ...] = (
    CHAMPION,
    REFERENCE,
)  # who is asked where none is named, the first that is taken


def seat_of(version: ModelVersion) -> Seat | None:
    """Where it sits; None for a version that no alias points to."""
    return next((seat for seat in SEATS if seat in version.aliases), None)


def tell_seat(version: ModelVersion) -> str:
    """The badge of an answer: whether who speaks has earned the seat, in one sentence."""
    seat = seat_of(version)
    refused = f"refused by the gate: {', '.join(version.evidence.gate.refused)}"
    if seat == CHAMPION:
        return f"champion, by force on {version.forced}; {refused}" if version.forced else "champion"
    if seat == REFERENCE:
        return "reference: nobody is champion; it says how far a price may go, and no direction"
    if version.forced:
        refused = f"champion by force on {version.forced}; {refused}"
    if seat == CHALLENGER:
        return f"challenger: {refused}"
    return "not in the seat" if version.evidence.gate.passed else f"not in the seat: {refused}"
