"""Sums up a run of `truth`: how much of each planted signal every learner found, and what was claimed where nothing
was planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ml_core.vocabulary import words

NOTHING = "none"
PROVEN = "in how many markets each claim was proven"
MOST_CLAIMS = 0.05  # of the markets in which nothing is planted


def recovery(cells: list[dict[str, Any]], families: tuple[str, ...]) -> list[dict[str, Any]]:
    """Per kind: the oracle's IC, each learner's with its share of it, over all markets, and the best family."""
    ended = [cell for cell in cells if "achieved" in cell]
    by_kind = []
    for kind in dict.fromkeys(cell["kind"] for cell in ended):
        own = [cell for cell in ended if cell["kind"] == kind]
        learners = {
            name: _average([cell for cell in own if cell["learner"] == name])
            for name in dict.fromkeys(cell["learner"] for cell in own)
        }
        tried = [name for name in learners if name in families]
        best = max(tried, key=lambda name: learners[name]["recovered"], default=None)
        oracle = float(np.mean([ic for _, ic in {(cell["seed"], cell["ic"]) for cell in own}]))
        by_kind.append({"kind": kind, "oracle": oracle, "learners": learners, "best": best})
    return by_kind


def recovery_rows(recovered: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """One row a kind, one column a learner; the best family at the end."""
    recovered = list(recovered)
    names = dict.fromkeys(name for one in recovered for name in one["learners"])
    return [
        {
            "kind": one["kind"],
            "oracle": words.write(one["oracle"], "correlation"),
            **{name: _shown(one["learners"].get(name)) for name in names},
            "best family": one["best"] or "-",
        }
        for one in recovered
    ]


def claims(cells: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Of the markets in which nothing is planted: in how many a model was promoted, and what refused the others."""
    ended = [cell for cell in cells if cell["kind"] == NOTHING and "error" not in cell]
    if not ended:
        return None
    return {
        "markets": len(ended),
        "promoted": sum(cell["promoted"] for cell in ended),
        "seeds": [cell["seed"] for cell in ended if cell["promoted"]],
        "refused_by": dict(Counter(check for cell in ended for check in cell["refused_by"]).most_common()),
        "winners": dict(Counter(cell["winner"] for cell in ended).most_common()),
    }


def proven_rows(cells: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Of each kind of market that was searched: in how many each claim was proven, and in how many it would have been
    if no look had been paid for."""
    ended = [cell for cell in cells if "proven" in cell]
    names = [name for name in words.CLAIMS if any(name in cell["asked"] for cell in ended)]
    rows = []
    for kind in dict.fromkeys(cell["kind"] for cell in ended):
        own = [cell for cell in ended if cell["kind"] == kind]
        rows.append(
            {
                "planted": kind,
                "markets": str(len(own)),
                **{name: _counted(own, lambda cell, name=name: name in cell["proven"]) for name in names},
                "any": _counted(own, lambda cell: bool(cell["proven"])),
                "promoted": str(sum(cell["promoted"] for cell in own)),
                "any, looks not paid for": _counted(own, lambda cell: bool(cell["apart"])),
            }
        )
    return rows


def _counted(cells: list[Any], holds: Callable[[Any], bool]) -> str:
    return str(sum(holds(cell) for cell in cells))


def claim_lines(found: Mapping[str, Any] | None) -> Iterator[str]:
    if found is None:
        return
    most = int(MOST_CLAIMS * found["markets"])
    yield f"nothing planted: promoted in {found['promoted']} of {found['markets']} markets (aim: at most {most})"
    told = ", ".join(f"{check} {count}" for check, count in found["refused_by"].items())
    yield f"refused by: {told or 'no check'}"


def _average(cells: list[dict[str, Any]]) -> dict[str, float]:
    """Over markets; the share is of the sums, so that a market with a weak signal counts less."""
    achieved, ic = (float(np.mean([cell[name] for cell in cells])) for name in ("achieved", "ic"))
    return {"ic": achieved, "recovered": achieved / ic if ic > 0 else 0.0, "markets": len(cells)}


def _shown(learner: Mapping[str, float] | None) -> str:
    if learner is None:
        return words.MISSING
    return f"{words.write(learner['ic'], 'correlation')} {words.write(learner['recovered'], 'share')}"
