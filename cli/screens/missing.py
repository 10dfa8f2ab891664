"""Warns of tickers and features that a command had to leave out, each with its reason, so that nothing is missing in
silence."""

from collections.abc import Mapping

from cli.session import Session
from cli.terminal import Terminal

NAMED = 20  # tickers, each with its reason; `--json` has them all


def warn_missing(session: Session, missing: Mapping[str, str]) -> None:
    """Tickers that nothing was done for, each with the reason."""
    for ticker, reason in list(missing.items())[:NAMED]:
        session.terminal.warn(f"{ticker}: left out: {session.spell_out(reason)}")
    if len(missing) > NAMED:
        session.terminal.warn(f"and {len(missing) - NAMED} more tickers left out; --json names them all")


def spell_missing(session: Session, missing: Mapping[str, str]) -> dict[str, str]:
    """The same for a document: each reason ends in a command that can be typed as it stands there."""
    return {ticker: session.spell_out(reason) for ticker, reason in missing.items()}


def warn_left_out(terminal: Terminal, features: tuple[str, ...], lost: tuple[str, ...]) -> None:
    if features:
        more = f" and {len(features) - 3} more" if len(features) > 3 else ""
        need = "features need" if len(features) > 1 else "feature needs"
        left = "are left out" if len(features) > 1 else "is left out"
        told = f"{', '.join(features[:3])}{more}"
        terminal.warn(f"{len(features)} {need} a column that these prices lack, and {left}: {told}")
    for sentence in lost:
        terminal.warn(sentence)
