"""Says who answers and why, and what can be done where nobody has earned the seat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.session import Session
from ml_core.vocabulary import words

if TYPE_CHECKING:
    from ml_core.registry.moves import Move
    from ml_core.registry.refit import Refit
    from ml_core.registry.version import ModelVersion

CAUSES = {  # a move that says more of itself is told by that alone
    "promotion": "earned at the gate",
    "refit": "fitted again",
    "kept": "goes on, its refit was refused",
    "reference": "made to answer",
    "refused": "refused by the gate",
    "hand": "put there by hand",
    "live": "proven by what came of its forecasts",
    "refuted": "answers where the champion's claims were refuted",
}
SAYS_ALL = ("refit", "kept", "hand", "live", "refuted")


def tell_answering(session: Session, registered: ModelVersion) -> None:
    """Whoever is not champion says so, and where somebody was refused, why and how to look at it."""
    from ml_core.registry.seats import CHALLENGER, CHAMPION, REFERENCE, seat_of
    from ml_core.registry.versions import Registry

    seat, terminal = seat_of(registered), session.terminal
    if seat == CHAMPION:
        if registered.forced:
            terminal.say(
                f"version {registered.version} is champion by force on {registered.forced}: {why_refused(registered)}"
            )
        return
    if seat != REFERENCE:
        terminal.say(f"version {registered.version} is not champion: {why_refused(registered)}")
        return
    terminal.say(f"version {registered.version} is the reference: how far prices may go, and no direction")
    registry = Registry(session.home)
    if champion := registry.sitting(session.order.name, CHAMPION):
        terminal.say(f"version {champion.version} is champion: {session.spell('predict')}")
        return
    challenger = registry.sitting(session.order.name, CHALLENGER)
    if challenger is None:
        terminal.say(f"look for a model that knows more: {session.spell('search')}")
        return
    terminal.say(f"version {challenger.version} was refused: {why_refused(challenger)}")
    terminal.say(f"look at it all the same: {session.spell('predict')} --version {CHALLENGER}")


def tell_age(session: Session, registered: ModelVersion) -> str:
    """That whoever answers is old and what brings a younger one; empty where it is not, of a version that does not
    answer, and where no prices say how many sessions have passed."""
    from ml_core.data.prices import read_prices
    from ml_core.errors import ForecastError
    from ml_core.registry.age import tell_old_model
    from ml_core.registry.seats import ANSWERING, seat_of
    from ml_core.registry.versions import Registry

    if seat_of(registered) not in ANSWERING:
        return ""
    try:
        prices = read_prices(session.experiment, session.home)
    except ForecastError:
        return ""
    moves, dates = Registry(session.home).moves(registered.name), prices["date"].unique().to_list()
    return session.spell_out(tell_old_model(session.experiment, registered, moves, dates))


def why_refused(registered: ModelVersion) -> str:
    """Each check that it did not pass, with the reason; of one that passed, what it is."""
    if not registered.readable:
        return str(registered.read)
    evidence = registered.evidence
    failed = [
        f"{words.refusal(check.name)} ({check.why.removeprefix('nothing is; ')})"
        for check in evidence.gate.checks
        if not check.passed
    ]
    if failed:
        return "; ".join(failed)
    if evidence.role == "reference":
        return "it was made to answer until one has earned the seat"
    if evidence.refit:
        return f"it is version {evidence.refit.parent} fitted again, and does not sit there now"
    return "it passed the gate, and does not sit there now"


def tell_refit(refit: Refit) -> str:
    """Whom it was fitted again from, through when, and how it does beside him at the nearest horizon."""
    told = f"version {refit.parent} fitted again through {refit.through}"
    if not refit.compared:
        return told
    one = refit.compared[0]
    return (
        f"{told}; beside it since {refit.since}, {one.horizon} ahead: means {words.write(one.gap, 'ratio')} scales "
        f"apart, intervals {words.write(one.width, 'ratio')} times as wide, "
        f"holding {words.write(one.coverage, 'share')} and {words.write(one.parent_coverage, 'share')}"
    )


def move_row(move: Move) -> dict[str, str]:
    """Who sat down where, from which session on, and why."""
    return {
        "since": f"{move.since}",
        "seat": move.seat,
        "version": move.version,
        "why": (move.cause in SAYS_ALL and move.why) or CAUSES[move.cause],
    }
