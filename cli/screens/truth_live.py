"""Shows what `truth --live` found. It replays the last years of simulated markets day by day; this says in how many of
them a claim was proven or refuted by daily looks, and after how many sessions."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

TITLE = "what daily looks at what came decided, by market"
ABOUT = (
    "sessions: the median of those markets in which it happened; t-test: one that is repeated every day at the same "
    "level, its claims paid for and its looks not"
)


def summarise(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each kind, learner, claim and horizon: how many markets, in how many it was decided, and how soon."""
    groups: dict[tuple[str, str, str, int], list[dict[str, Any]]] = {}
    for cell in cells:
        for one in cell.get("claims", ()):
            place = (cell["kind"], cell["learner"], one["claim"], one["horizon"])
            groups.setdefault(place, []).append({**one, "lived": cell["lived"]})
    summed = [_sum_up(place, own) for place, own in groups.items()]
    return [*summed, *_any(cells)]


def life_rows(found: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [
        {
            "planted": one["kind"],
            "learner": one["learner"],
            "claim": one["claim"],
            "ahead": str(one["horizon"] or ""),
            "markets": str(one["markets"]),
            "sessions each": str(one["lived"]),
            **{words_of: _shown(one[side]) for side, words_of in SIDES.items()},
        }
        for one in found
    ]


SIDES = {"proven": "proven", "refuted": "given back", "t_test": "t-test every day"}


def _sum_up(place: tuple[str, str, str, int], own: list[dict[str, Any]]) -> dict[str, Any]:
    kind, learner, claim, horizon = place
    told = {"kind": kind, "learner": learner, "claim": claim, "horizon": horizon, "markets": len(own)}
    return told | {"lived": own[0]["lived"]} | {side: _decided([one[side] for one in own]) for side in SIDES}


def _any(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a market as a whole: whether anything at all was decided, and when first."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for cell in cells:
        if "claims" in cell:
            groups.setdefault((cell["kind"], cell["learner"]), []).append(cell)
    rows = []
    for (kind, learner), own in groups.items():
        firsts = {
            side: [min((one[side] for one in cell["claims"] if one[side]), default=None) for cell in own]
            for side in SIDES
        }
        told = {"kind": kind, "learner": learner, "claim": "any of them", "horizon": None}
        told |= {"markets": len(own), "lived": own[0]["lived"]}
        rows.append(told | {side: _decided(values) for side, values in firsts.items()})
    return rows


def _decided(after: list[int | None]) -> dict[str, float | int | None]:
    known = [one for one in after if one is not None]
    return {"markets": len(known), "median": statistics.median(known) if known else None}


def _shown(side: Mapping[str, Any]) -> str:
    if not side["markets"]:
        return "0"
    return f"{side['markets']} (after {side['median']:.0f} sessions)"
