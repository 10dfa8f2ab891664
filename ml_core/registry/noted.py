"""Keeps, as tags of a version in MLflow, which of its claims its live forecasts have proven or refuted. The evidence
that it was judged by on the holdout is never changed; these verdicts stand beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

TAG = "live "
ClaimPlace: TypeAlias = tuple[str, int]  # a claim at a horizon
Settled: TypeAlias = Literal["proven", "refuted"]


@dataclass(frozen=True)
class Noted:
    """`since`: the session by whose close it was decided; `why` in a sentence."""

    verdict: Settled
    since: str
    why: str


def write_noted(place: ClaimPlace, noted: Noted) -> tuple[str, str]:
    """The tag and what stands in it; a later verdict takes the place of an earlier one."""
    claim, horizon = place
    return f"{TAG}{claim} {horizon}", json.dumps(vars(noted))


def read_noted(tags: Mapping[str, str]) -> dict[ClaimPlace, Noted]:
    """A tag that somebody else wrote so is none."""
    by_place: dict[ClaimPlace, Noted] = {}
    for key in sorted(key for key in tags if key.startswith(TAG)):
        try:
            claim, horizon = key.removeprefix(TAG).split(" ")
            noted = Noted(**json.loads(tags[key]))
            if noted.verdict in ("proven", "refuted"):
                by_place[claim, int(horizon)] = noted
        except (ValueError, TypeError):
            continue
    return by_place
