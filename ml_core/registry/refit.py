"""What is kept of a refit: whom it was fitted again from, through which session, and how it does beside him."""

from __future__ import annotations

import datetime as dt

from ml_core.registry.part import EvidencePart


class Compared(EvidencePart):
    """A refit beside its parent at one horizon, on the same rows. The refit learned from most of them and the parent
    from none, so this is no score: it shows whether the refit still says what was judged.

    `gap`: mean distance of the means, in scales of the parent; none where one gives no number. `spread`: how far the
    means reach, as a share of the parent's. `agreement`: how they go together, as a correlation; both none where he
    says no direction. `trusted`: how far the refit's means are trusted, as a multiple of the parent's; of a time when
    that was not kept, one. `reach`: how far its means reach, as a multiple of those that were judged; none as `spread`
    is, and of a time when that was not kept. `width`: the interval's, as a multiple of the parent's.
    """

    horizon: int
    gap: float | None
    spread: float | None
    agreement: float | None = None
    trusted: float = 1.0
    reach: float | None = None
    width: float | None
    parent_coverage: float | None
    coverage: float | None


class Refit(EvidencePart):
    """`parent` is who was fitted again, `judged` the version that the evidence is of: he himself, or whom he goes
    back to. What it learned ends with the outcomes known on `through`, the first session that it may answer.
    Compared were the sessions from `since` on; on `missing` rows only the parent gave a number."""

    parent: str
    judged: str
    through: dt.date
    since: dt.date
    sessions: int
    rows: int
    missing: int
    compared: tuple[Compared, ...]
