"""Keeps which version answered from when to when: each change of champion, reference or challenger is written down
beside the model, with its reason, and none is ever taken away."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from ml_core.registry.seats import SEATS, Seat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlflow.tracking import MlflowClient

TAG = "move "
# promotion: by the gate. refit: fitted again. kept: a refit of it was refused, it goes on. reference: made to answer.
# refused: by the gate. hand: somebody moved it. live: proven by what came of its forecasts. refuted: what came of the
# champion's refuted the last of his claims; the reference answers from then on.
Cause: TypeAlias = Literal["promotion", "refit", "kept", "reference", "refused", "hand", "live", "refuted"]


@dataclass(frozen=True)
class Move:
    """That version sits there. It answers from `since` on, the last session that was stored when it sat down."""

    at: dt.datetime
    seat: Seat
    version: str
    since: dt.date
    cause: Cause
    why: str = ""


def since_refuted(moves: Sequence[Move]) -> list[Move]:
    """Those after the champion's seat was last given back: whoever sat there before does no longer."""
    gone = [place for place, move in enumerate(moves) if move.cause == "refuted"]
    return list(moves[gone[-1] :]) if gone else list(moves)


def write_move(client: MlflowClient, name: str, move: Move) -> None:
    """As a tag of the registered model, which moves with its versions and is seen by all who use the registry."""
    told = {
        "seat": move.seat, "version": move.version, "since": f"{move.since}", "cause": move.cause, "why": move.why,
    }  # fmt: skip
    at = move.at.astimezone(dt.UTC).replace(tzinfo=None)
    client.set_registered_model_tag(
        name, f"{TAG}{at.isoformat(timespec='microseconds')} {move.seat}", json.dumps(told)
    )


def moves_of(tags: Mapping[str, str]) -> list[Move]:
    """The oldest first. A tag that somebody else wrote so, or that a later candorcast writes otherwise, is none."""
    moves = []
    for key in sorted(key for key in tags if key.startswith(TAG)):
        try:
            told = json.loads(tags[key])
            at = dt.datetime.fromisoformat(key.removeprefix(TAG).split(" ")[0]).replace(tzinfo=dt.UTC)
            move = Move(
                at,
                told["seat"],
                told["version"],
                dt.date.fromisoformat(told["since"]),
                told["cause"],
                told["why"],
            )
        except (ValueError, KeyError, TypeError):
            continue
        if move.seat in SEATS:
            moves.append(move)
    return moves
