"""A server that is asked all day, while champions change under it, answers every question and holds no more in the
evening than in the morning.

A quarter of a minute in the suite; `CANDORCAST_SOAK` is for how many minutes, as in `make soak` two hours.
"""

import itertools
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.serving.conftest import start
from tests.serving.world import LISTED, World

MINUTES = float(os.environ.get("CANDORCAST_SOAK", "0.25"))
WARM = 0.2  # the share of the time in which it may still grow: whatever is made once has been made then
SWAP_SECONDS = 5.0 if MINUTES < 1 else 30.0
SLOPE = 0.1  # MiB a minute
LEAST_MINUTES = 20.0  # below that, what one page holds for a moment is a slope


@dataclass
class Day:
    """What came of it."""

    statuses: dict[int, int] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)
    minutes: list[float] = field(default_factory=list)
    resident: list[float] = field(default_factory=list)

    def slope(self) -> float:
        """MiB a minute, by the line through all but the first looks."""
        first = int(WARM * len(self.minutes))
        return float(np.polyfit(self.minutes[first:], self.resident[first:], 1)[0])


def questions(world: World) -> list[tuple[str, str, dict | None]]:
    """What a day brings: mostly the newest session, sometimes a past one, the page, and what stands behind it."""
    past = [f"{world.evidence.holdout.start}", f"{world.evidence.holdout.end}"]
    often = [("POST", "/predictions/single", {"ticker": ticker}) for ticker in LISTED]
    seldom = [
        ("POST", "/predictions/batch", {}),
        ("POST", "/predictions/explain", {"ticker": LISTED[0]}),
        ("POST", "/portfolio/backtest", {"strategy": "long_only"}),
        *(("POST", "/predictions/single", {"ticker": LISTED[1], "date": day}) for day in past),
        *(("GET", path, None) for path in ("/models", "/info", "/live", "/metrics", "/predictions/board")),
        ("GET", "/ui/config", None),
    ]
    return 5 * often + seldom


def resident(process: int) -> float:
    """MiB, as the kernel counts them."""
    return int(Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def live_through(address: str, process: int, world: World) -> Day:
    day, chance, begun = Day(), random.Random(0), time.monotonic()
    asked, swapped = questions(world), begun
    with httpx.Client(base_url=address, trust_env=False, timeout=120) as visitor:
        for number in itertools.count():
            now = time.monotonic()
            if now - begun > 60 * MINUTES:
                return day
            if now - swapped > SWAP_SECONDS:
                world.register(passed=True)
                swapped = now
            verb, path, body = chance.choice(asked)
            answer = visitor.request(verb, path, json=body)
            day.statuses[answer.status_code] = day.statuses.get(answer.status_code, 0) + 1
            if path == "/predictions/single":
                day.versions.add(answer.json().get("version", ""))
            if number % 20 == 0:
                day.minutes.append((now - begun) / 60)
                day.resident.append(resident(process))
    raise AssertionError("the day has no end")


@pytest.mark.timeout(60 * MINUTES + 600)
def test_all_day_every_question_is_answered_whoever_sits_there_and_no_more_is_held_in_the_evening(
    world: World, tmp_path: Path
) -> None:
    own = world.copy(tmp_path / "home")
    own.register(passed=True)
    with start(own, tmp_path) as (address, process):
        day = live_through(address, process.pid, own)
    assert set(day.statuses) <= {200, 202}, day.statuses
    assert len(day.versions) > 1, "nobody was followed by another"
    if MINUTES >= LEAST_MINUTES:
        assert day.slope() <= SLOPE, f"grows by {day.slope():.2f} MiB a minute"
