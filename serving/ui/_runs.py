"""Writes runs as HTML: how it stands with them, one with its log, all as a table. What runs have said is text."""

import datetime as dt
from collections.abc import Sequence
from html import escape

from serving.figures.runs import ENDS, LOOKS, lasted
from serving.look import markup
from serving.look.markup import Cell, begin, panel, table
from serving.runs.run import WHERE, Run, RunLog, Runs

SIGNS = {
    "completed": "\N{CHECK MARK}", "partial": "\N{WHITE DIAMOND}", "failed": "\N{MULTIPLICATION X}",
    "lost": "\N{MULTIPLICATION X}", "cancelled": "\N{WHITE SQUARE}",
}  # fmt: skip
STYLE = {"completed": "cc-pass", "failed": "cc-refuse", "lost": "cc-refuse", "partial": "cc-own"}
HELP = {
    "partial": "It ended, and not everything is as asked: the end of the log says what.",
    "failed": "It did not do what was asked: the last line of the log says why.",
    "lost": "Whoever kept it is gone without a word: the machine or its container went down, or was short of memory. "
    "Starting it again does what is left.",
    "unwatched": "Whoever kept it was killed, while its command goes on: how it ends will not be known. It can be "
    "cancelled; no other run starts before it has ended.",
    "cancelling": "It was asked to end; what it has finished is kept.",
    "waiting": "Another run goes first.",
}


def show_state(runs: Sequence[Run], now: dt.datetime) -> str:
    """Cards: what goes on, how the last one ended."""
    going = [run for run in runs if run.going]
    ended = [run for run in runs if not run.going]
    bad = [run for run in ended if run.state in ("failed", "lost")]
    entries = [
        ("Going on", *_going(going[0], now), "cc-own")
        if going
        else ("Going on", "nothing", "start a run above", "")
    ]
    if ended:
        last = ended[0]
        look = STYLE.get(last.state, "")
        at = last.ended or last.created
        entries.append(
            ("Ended last", f"{begin(last.verb)} {_state(last)}", f"{at:%a %d %b %Y %H:%M} UTC", look)
        )
    entries.append(("Of the runs shown", str(len(runs)), f"{len(bad)} failed or were lost", ""))
    return markup.cards(entries)


def show_run(run: RunLog, now: dt.datetime) -> str:
    """One run: what was asked, how far it is, and the log, whose end is seen first."""
    told = ", ".join(f"{name} {value}" for name, value in run.parameters.items()) or "as the experiment says"
    took = lasted(((run.ended or now) - run.created).total_seconds())
    about = f"Started {run.created:%a %d %b %Y %H:%M:%S} UTC by {run.by}; {told}; {WHERE[run.where]}."
    chips = (
        f'<p class="cc-chips"><span class="cc-chip {STYLE.get(run.state, "")}">{escape(_sign(run))}</span>'
    )
    chips += f'<span class="cc-chip">{took}</span></p>'
    help_ = markup.small(HELP[run.state]) if run.state in HELP else ""
    lines = "\n".join(run.log) or "It has said nothing yet."
    log = f'<div class="cc-log" tabindex="0" role="log" aria-label="Log"><pre>{escape(lines)}</pre></div>'
    return panel(f"{begin(run.verb)} of {run.experiment}", about, f"{chips}{_progress(run)}{help_}{log}")


def show_table(told: Runs, now: dt.datetime) -> str:
    rows = [
        [
            Cell(begin(run.verb), run.id),
            Cell(_sign(run), "", STYLE.get(run.state, "")),
            f"{run.created:%d %b %Y %H:%M}",
            lasted(((run.ended or now) - run.created).total_seconds()),
            run.by,
            run.told,
        ]
        for run in told.runs
    ]
    head = ("Run", "State", "Started, UTC", "Took", "By", "Said last")
    inner = markup.folded("All runs as a table", table(head, rows, text=(5,)))
    return panel("Runs", "", inner) if rows else ""


def label(run: Run) -> str:
    """As the choice of a run names it."""
    return f"{begin(run.verb)}, {run.created:%d %b %H:%M:%S}: {_state(run)}"


def _going(run: Run, now: dt.datetime) -> tuple[str, str]:
    far = "" if run.progress is None else f" {run.progress:.0%}"
    return f"{begin(run.verb)}{far}", f"for {lasted((now - run.created).total_seconds())}, by {run.by}"


def _state(run: Run) -> str:
    return ENDS.get(run.state, run.state)


def _sign(run: Run) -> str:
    return f"{SIGNS.get(run.state, '')} {_state(run)}".strip()


def _progress(run: Run) -> str:
    """A bar, where it is known how far it is."""
    if run.progress is None:
        return ""
    far, colour = f"{100 * run.progress:.0f}", LOOKS[run.state][0]
    bar = f'<i style="width:{far}%;background:{colour}"></i>'
    return (
        f'<div class="cc-far" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{far}">{bar}</div>'
    )
