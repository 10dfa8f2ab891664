"""`search`: searches for a model with its progress shown, and says how it was judged."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from cli.screens import searches, versions
from cli.screens.missing import warn_left_out, warn_missing
from cli.session import DONE, PARTIAL, Session
from cli.terminal import Terminal
from ml_core.errors import ForecastError, InvalidInput
from ml_core.reporting.luck import tell_luck

if TYPE_CHECKING:
    from ml_core.registry.version import ModelVersion
    from tuning.search import SearchOutcome
    from tuning.step import Step


def search(session: Session, *, trials: int | None, afresh: bool, resume: bool) -> int:
    """`resume` is what a search does anyway; who has it in a script may keep it."""
    if afresh and resume:
        raise InvalidInput("--afresh, --resume: a search begins anew or goes on; expected one of them")
    if not afresh and (chosen := _chosen(session, trials)):
        return _tell_chosen(session, chosen)
    outcome, terminal = run_search(session, trials=trials, afresh=afresh), session.terminal
    folds, each = outcome.evidence.search.folds, session.experiment.validation.test
    tested = (
        f"{folds * each} test sessions" if isinstance(each, int) else f"{each:.0%} of all sessions tested"
    )
    terminal.table(
        searches.ledger_rows(outcome.ranking.rows()),
        title=f"ledger, the best first: {tested} in {folds} folds; {searches.SCORES}",
    )
    ended = searches.endings(outcome.ranking.rows(len(outcome.ranking.trials)))
    for line in (*ended, *tell_luck(outcome.evidence.search)):
        terminal.say(line)
    if told := searches.answering(outcome.spec):
        terminal.say(told)
    terminal.say(f"\n{outcome.summary()['spec']}")
    versions.print_scores(terminal, outcome.evidence)
    versions.print_gate(terminal, outcome.evidence.gate)
    versions.print_claims(terminal, outcome.evidence)
    terminal.say(f"version {outcome.version.version}: {versions.verdict(outcome.evidence)}", styled=True)
    if outcome.refit:
        terminal.say(str(outcome.refit))
    if not outcome.passed:
        terminal.say(f"look at it all the same: {session.spell('predict')} --version challenger")
    terminal.document(outcome.summary())
    return DONE if outcome.passed and not outcome.missing else PARTIAL


def _chosen(session: Session, trials: int | None) -> ModelVersion | None:
    """The version that this search has led to already, on the prices that are stored."""
    from tuning.search import with_trials
    from tuning.unfinished import find_chosen

    asked = with_trials(session.learning, trials) if trials else session.learning
    try:
        return find_chosen(dataclasses.replace(session.order, experiment=asked))
    except ForecastError:  # of a store that cannot be read the search itself tells more
        return None


def _tell_chosen(session: Session, chosen: ModelVersion) -> int:
    """A second verdict on the same model would be a second look at the same holdout, and say the same."""
    terminal, more = session.terminal, chosen.evidence.search.trials + 10
    terminal.say(f"nothing new to search: version {chosen.version} was chosen on the prices that are stored")
    terminal.say(f"version {chosen.version}: {versions.verdict(chosen.evidence)}", styled=True)
    terminal.say(f"more trials: {session.spell('search')} --trials {more}; all anew: --afresh instead")
    terminal.document({"version": chosen.version, "passed": chosen.evidence.gate.passed, "nothing_new": True})
    return DONE if chosen.evidence.gate.passed else PARTIAL


class SearchScreen:
    """The steps of a search on the terminal, and what is not lost if it ends now."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal, self._told = terminal, {"begin", "search"}
        self._last: Step | None = None

    def __call__(self, step: Step) -> None:
        self._last = step
        if step.name in ("begin", "fresh"):
            if step.detail:
                self._terminal.step(step.detail)
            return
        if step.name not in self._told:
            self._told.add(step.name)
            lines = {"refit": "refitting who answers before the holdout", "judge": step.detail}
            self._terminal.step(lines[step.name])
        self._terminal.progress(step.text())

    def kept(self) -> str:
        return self._last.kept() if self._last else ""


def run_search(session: Session, *, trials: int | None = None, afresh: bool = False) -> SearchOutcome:
    """The search with its progress shown. Whoever interrupts it is told how to go on."""
    from tuning.search import search as run
    from tuning.search import with_trials
    from tuning.space import families_of

    experiment, terminal = session.learning, session.terminal
    asked = with_trials(experiment, trials) if trials else experiment
    terminal.step(f"searching {experiment.name}: {', '.join(families_of(asked.search))}")
    shown = SearchScreen(terminal)
    try:
        with session.order.alone("search"):
            outcome = run(
                experiment,
                session.home,
                now=session.now,
                trials=trials,
                afresh=afresh,
                address=session.settings.ray_address,
                progress=shown,
            )
    except KeyboardInterrupt as stopped:
        more = f" --trials {trials}" if trials else ""
        raise type(stopped)(f"interrupted{shown.kept()}; to go on: {session.spell('search')}{more}") from None
    warn_missing(session, outcome.missing)
    warn_left_out(terminal, outcome.left_out, outcome.lost)
    return outcome
