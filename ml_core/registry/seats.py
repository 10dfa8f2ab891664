"""Names the seats of a model: `champion` has earned it, `reference` answers until one has, `challenger` was judged last
and refused. Which version sits where, and how a reader is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from ml_core.registry.lineage import tell_lineage

if TYPE_CHECKING:
    from ml_core.registry.version import ModelVersion

Seat: TypeAlias = Literal["champion", "challenger", "reference"]
CHAMPION: Seat = "champion"
CHALLENGER: Seat = "challenger"
REFERENCE: Seat = "reference"
NOBODY = ""  # where nobody sits
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
    if seat == CHAMPION:
        told = ["champion", f"by force on {version.forced}" if version.forced else "", tell_lineage(version)]
        return ", ".join(filter(None, told))
    if seat == REFERENCE:
        return "reference: it says how far a price may go, and no direction"
    evidence = version.evidence
    refused = f"refused by the gate: {evidence.gate.told_refused}"
    if evidence.refit:
        refused = f"refit of version {evidence.refit.parent}, refused: {evidence.gate.told_refused}"
    if version.forced:
        refused = f"champion by force on {version.forced}; {refused}"
    if seat == CHALLENGER:
        return f"challenger: {refused}"
    return "not in the seat" if evidence.gate.passed else f"not in the seat: {refused}"
