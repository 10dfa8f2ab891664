"""Writes what came of fitting a version again: each file, and the likeliest reason why one differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml_core.audit.rebuild import Rebuilt


def rebuilt_rows(made: Rebuilt) -> list[dict[str, str]]:
    """Each file with its checksum, and whether it came out as registered."""
    return [
        {"file": name, "sha256": digest[:16], "registered": "differs" if name in made.differing else "same"}
        for name, digest in made.checksums.items()
    ]


def tell_same(made: Rebuilt) -> str:
    kept = f", in all that was kept then; its description now also says: {', '.join(made.since)}"
    return f"the same, byte for byte{kept if made.since else ''}"


def why_rebuilt_differs(made: Rebuilt) -> str:
    """What was otherwise when it was registered, the likeliest reason; none if nothing that is known was."""
    changed = [
        f"{name} {made.then.get(name, 'unknown')}, now {value}"
        for name, value in made.now.items()
        if made.then.get(name) != value
    ]
    reason = (
        f"made with {'; '.join(changed)}"
        if changed
        else "made with the same versions on a processor of that name: it is another model of it, which adds up in "
        "another order, or the code's arithmetic changed"
    )
    return f"{', '.join(made.differing)} came out otherwise: {reason}"
