"""Writes the text of a new experiment's file: what a beginner sets, each key below the sentence that says what it is.
A line behind `#` is an example of what may be set besides."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from ml_core.spec.examples import write_value
from ml_core.spec.keys import KEYS

Frequency = Literal["daily", "weekly"]
SCHEMA = "experiment.schema.json"  # beside the file, for editors
FIRST = {"daily": dt.date(2012, 1, 1), "weekly": dt.date(2005, 1, 1)}
FAMILIES = ["lstm", "attention_lstm", "transformer", "ridge"]
BASELINES = ["zero", "mean", "last", "ewma", "ridge"]
LENGTHS = {
    "daily": {"horizons": [1, 5], "lookback": 60, "batch": 64, "train": 504, "test": 63, "holdout": 252},
    "weekly": {"horizons": [1, 4], "lookback": 30, "batch": 16, "train": 260, "test": 52, "holdout": 104},
}
HEAD = """\
#:schema ./{schema}
# Every key that is not here has a default; editors that know the line above complete and check the file.
# To try it without a network: --set data.source=simulated

"""


class DraftLine(NamedTuple):
    """`off`: an example of what may be set besides."""

    key: str
    value: Any
    off: bool = False


def draft(
    name: str, tickers: Sequence[str], frequency: Frequency, source: str, path: str | None = None
) -> str:
    """The file as text. `path`: of the user's own bars, as seen from where the file will lie."""
    of = LENGTHS[frequency]
    lines = [
        DraftLine("name", name),
        *_about_data(list(tickers), frequency, source, path),
        DraftLine("task.frequency", frequency),
        DraftLine("task.horizons", of["horizons"]),
        DraftLine("task.target", "excess" if len(tickers) > 1 else "return", off=True),
        DraftLine("task.lookback", of["lookback"]),
        DraftLine("features.groups", ["momentum", "trend", "volatility"], off=True),
        DraftLine("features.select", 24, off=True),
        DraftLine("model.family", "lstm"),
        DraftLine("model.hidden", 32, off=True),
        DraftLine("training.epochs", 20),
        DraftLine("training.batch", of["batch"]),
        DraftLine("search.families", FAMILIES),
        DraftLine("search.trials", 24),
        *(DraftLine(f"validation.{part}", of[part]) for part in ("train", "test", "holdout")),
        DraftLine("validation.folds", 4, off=True),
        DraftLine("validation.seeds", 2, off=True),
        DraftLine("validation.baselines", BASELINES, off=True),
        DraftLine("strategy.kind", "auto", off=True),
        DraftLine("strategy.cost_bps", 5.0),
        DraftLine("gate.significance", 0.05),
        DraftLine("gate.claims", ["level", "range"], off=True),
        DraftLine("serving.refit", of["test"], off=True),
    ]
    return HEAD.format(schema=SCHEMA) + _write(lines)


def _about_data(tickers: list[str], frequency: Frequency, source: str, path: str | None) -> list[DraftLine]:
    own = source == "files"
    return [
        DraftLine("universe.tickers", tickers),
        DraftLine("universe.calendar", "XNYS", off=True),
        DraftLine("universe.benchmark", tickers[0], off=True),
        DraftLine("data.source", source),
        DraftLine("data.start", FIRST[frequency], off=own),
        *([DraftLine("data.files.path", path)] if own else []),
        DraftLine(
            "data.simulated.start", dt.date(2012, 1, 3) if frequency == "daily" else dt.date(2005, 1, 3)
        ),
        DraftLine("data.simulated.sessions", 2000 if frequency == "daily" else 4000),
    ]


def _write(lines: Sequence[DraftLine]) -> str:
    """Each section under its heading; a key's sentence above it."""
    text, before = [], ""
    for line in lines:
        section, _, key = line.key.rpartition(".")
        if section != before:
            text += ["", f"# {KEYS[section].about}", f"[{section}]"]
            before = section
        text += [f"# {KEYS[line.key].about}", f"{'# ' if line.off else ''}{key} = {write_value(line.value)}"]
    return "\n".join(text) + "\n"
