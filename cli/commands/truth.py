"""`truth`: an experiment's settings on simulated markets whose answer is known. What each learner finds of each kind
of signal; and where nothing is planted, how often the gate believed in something."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cli.screens import truth as report
from cli.screens import truth_live
from cli.screens.truth import NOTHING
from cli.session import DONE, PARTIAL, Session
from cli.terminal import Terminal
from ml_core.errors import InvalidInput
from ml_core.home.settings import open_folder, open_home
from ml_core.spec.experiment import Experiment
from ml_core.spec.plain import numbers_of, write_plain

FoundSignals = dict[str, Any]
MEASURED = ("ic", "achieved", "recovered", "effect", "promised")


@dataclass(frozen=True)
class MatrixCell:
    """One learner on one market; or a search over all of them with its gate, as always where nothing is planted."""

    kind: str
    seed: int
    learner: str


@dataclass(frozen=True)
class Matrix:
    """What was asked for; `market` holds fields of [data.simulated], None for the experiment's own."""

    experiment: Experiment
    kinds: tuple[str, ...]
    families: tuple[str, ...]
    baselines: tuple[str, ...]
    seeds: tuple[int, ...]
    tickers: int | None
    market: dict[str, Any]
    searched: bool = False
    weeks: int = 1
    life: tuple[int, int | None] | None = None  # sessions lived through, and after how many the signal dies

    @property
    def learners(self) -> tuple[str, ...]:
        return (*self.families, *self.baselines)

    @property
    def digest(self) -> str:
        content = {**asdict(self), "experiment": self.experiment.digest()}
        if self.life is None:
            del content["life"]  # what was run before one could live through a market keeps its file
        return hashlib.sha256(write_plain(content, sort_keys=True).encode()).hexdigest()[:12]

    def searches(self, kind: str) -> bool:
        """Whether markets of this kind are searched, and not each learner scored by itself."""
        return self.life is None and (self.searched or kind == NOTHING)

    def cells(self, kind: str, seed: int) -> Iterator[MatrixCell]:
        for learner in ("+".join(self.learners),) if self.searches(kind) else self.learners:
            yield MatrixCell(kind, seed, learner)

    def planted(self, kind: str, seed: int) -> Experiment:
        from ml_core.walkforward.known_answers import plant

        return plant(self.experiment, kind, seed=seed, tickers=self.tickers, **self.market)


def truth(session: Session, *, resume: bool, **asked: Any) -> int:
    matrix, terminal = _read(session, asked), session.terminal
    file = open_folder(session.home.root / "truth", "--home") / f"{matrix.digest}.jsonl"
    terminal.step(
        f"{', '.join(matrix.kinds)}: {len(matrix.seeds)} market(s) each, {', '.join(matrix.learners)}"
    )
    with session.order.alone(f"truth-{matrix.digest}"):
        if not resume:
            file.unlink(missing_ok=True)
        cells = run_matrix(session, matrix, file)
    for one in cells:
        if "error" in one:
            terminal.warn(f"{one['kind']} {one['seed']} {one['learner']}: {one['error']}")
    if matrix.life:
        return show_lives(terminal, cells)
    recovery, claims = report.recovery(cells, matrix.families), report.claims(cells)
    terminal.table(report.recovery_rows(recovery), title="IC and share of the oracle's that was recovered")
    for line in report.claim_lines(claims):
        terminal.say(line)
    terminal.table(report.proven_rows(cells), title=report.PROVEN)
    terminal.document({"recovery": recovery, "claims": claims, "cells": cells})
    return PARTIAL if any("error" in one for one in cells) else DONE


def show_lives(terminal: Terminal, found: list[FoundSignals]) -> int:
    """What daily looks at what came would have decided."""
    lived = truth_live.summarise(found)
    terminal.table(truth_live.life_rows(lived), title=truth_live.TITLE)
    terminal.say(truth_live.ABOUT)
    terminal.document({"live": lived, "cells": found})
    return PARTIAL if any("error" in one for one in found) else DONE


def run_matrix(session: Session, matrix: Matrix, file: Path) -> list[FoundSignals]:
    """Every cell, in order; those that the file holds are not run again, those that failed are."""
    known, done = read_cells(file), []
    total = sum(1 for kind in matrix.kinds for seed in matrix.seeds for _ in matrix.cells(kind, seed))
    for kind in matrix.kinds:
        for seed in matrix.seeds:
            cells = list(matrix.cells(kind, seed))
            run = None if all(cell in known for cell in cells) else _open(session, matrix, kind, seed)
            for cell in cells:
                session.terminal.progress(f"{len(done) + 1} of {total}: {kind} {seed} {cell.learner}")
                if cell not in known and run:
                    known[cell] = _keep(file, _try(cell, run))
                done.append(known[cell])
    return done


def read_cells(file: Path) -> dict[MatrixCell, FoundSignals]:
    """The cells that an earlier run ended; a line cut short by a kill is left."""
    known: dict[MatrixCell, FoundSignals] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
        try:
            one = _as_measured(json.loads(line))
        except ValueError:
            continue
        if "error" not in one:
            known[MatrixCell(one["kind"], one["seed"], one["learner"])] = one
    return known


def _as_measured(told: FoundSignals) -> FoundSignals:
    """Null is a number that is none where something was measured; elsewhere it says that something never came."""
    measured = numbers_of({name: told[name] for name in MEASURED if name in told})
    claims = {"claims": [_as_measured(one) for one in told["claims"]]} if "claims" in told else {}
    return told | measured | claims


def _open(session: Session, matrix: Matrix, kind: str, seed: int) -> Callable[[MatrixCell], FoundSignals]:
    """How a cell of this market is run. The market is drawn with the first of them, so that what it cannot give is
    the failure of a cell."""
    experiment = matrix.planted(kind, seed)
    if matrix.searches(kind):
        return lambda cell: _claim(session, experiment, matrix, cell)
    if matrix.life:
        return _live(experiment, *matrix.life)
    course: list[Any] = []

    def score(cell: MatrixCell) -> FoundSignals:
        from ml_core.walkforward.known_answers import open_course, score_learner

        if not course:
            course.append(open_course(experiment))
        return score_learner(course[0], cell.learner)

    return score


def _live(experiment: Experiment, sessions: int, dies: int | None) -> Callable[[MatrixCell], FoundSignals]:
    market: list[Any] = []

    def live(cell: MatrixCell) -> FoundSignals:
        from ml_core.live.known_answers import Life, live_through, open_life

        if not market:
            market.append(open_life(experiment, Life(sessions, dies)))
        return live_through(market[0], cell.learner)

    return live


def _claim(session: Session, experiment: Experiment, matrix: Matrix, _: MatrixCell) -> FoundSignals:
    from tuning.known_market import search_known_market

    search = experiment.search.model_copy(update={"families": matrix.learners})
    home = open_home(session.home.root / "truth")
    experiment = experiment.model_copy(update={"search": search})
    return search_known_market(experiment, home, now=session.now, weeks=matrix.weeks)


def _try(cell: MatrixCell, run: Callable[[MatrixCell], FoundSignals]) -> FoundSignals:
    """What came of it, with its CPU seconds, or why it failed: the others go on."""
    began = time.process_time()
    try:
        outcome = run(cell)
    except Exception as error:
        outcome = {"error": (str(error) or type(error).__name__).splitlines()[0]}
    return {**asdict(cell), **outcome, "seconds": round(time.process_time() - began, 1)}


def _keep(file: Path, made: FoundSignals) -> FoundSignals:
    with file.open("a", encoding="utf-8") as lines:
        lines.write("\n" + write_plain(made))  # a line that a kill cut short stays alone
    return made


def _read(session: Session, asked: dict[str, Any]) -> Matrix:
    """The options as a matrix; what they leave open is the experiment's."""
    from ml_core.baselines import check_baselines, is_baseline
    from ml_core.data.source import open_source
    from ml_core.forecaster.learners import config_class
    from ml_core.walkforward.known_answers import check_kinds, first_seed

    experiment = session.learning
    networks = (name for name in experiment.search.families if not is_baseline(name))
    families = _names(asked["families"], tuple(networks))
    baselines = _names(asked["baselines"], experiment.validation.baselines)
    for family in families:
        config_class(family, key="--families")
    check_baselines(baselines, "--baselines")
    if not (families or baselines):
        raise InvalidInput("--families, --baselines: expected at least one learner")
    first = first_seed(experiment) if asked["seed"] is None else asked["seed"]
    matrix = Matrix(
        experiment,
        check_kinds(_names(asked["kinds"], ())),
        families,
        baselines,
        tuple(range(first, first + asked["markets"])),
        asked["tickers"],
        {name: asked[name] for name in ("sessions", "ic", "delay", "decay")},
        asked["search"] or asked["weeks"] > 1,
        asked["weeks"],
        (asked["lived"], asked["dies"]) if asked["live"] else None,
    )
    if matrix.life and (matrix.searched or (asked["dies"] or 0) >= asked["lived"]):
        raise InvalidInput("--live: goes without --search and --weeks, and --dies must lie within --lived")
    open_source(matrix.planted(matrix.kinds[0], first))
    return matrix


def _names(text: str | None, otherwise: Iterable[str]) -> tuple[str, ...]:
    if text is None:
        return tuple(otherwise)
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
