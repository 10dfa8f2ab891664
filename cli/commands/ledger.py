"""`ledger`: every trial that was ever run for an experiment, and what can be learned from them."""

from __future__ import annotations

import sys

from cli.screens import searches
from cli.session import DONE, Session
from ml_core.errors import InvalidInput
from ml_core.reporting.luck import tell_keys, tell_luck

SHOWN = 15


def ledger(session: Session, *, csv: bool) -> int:
    from tuning.importance import LEAST_TRIALS, weigh_keys
    from tuning.past import as_table, read_past

    experiment, terminal = session.learning, session.terminal
    if csv and terminal.as_json:
        raise InvalidInput("--csv, --json: expected one of them")
    past = read_past(experiment, session.home)
    if not past:
        raise InvalidInput(f"no trial was run for {experiment.name} yet; run: {session.spell('search')}")
    if csv:
        sys.stdout.write(as_table(past).write_csv())
        return DONE
    newest = past[0]
    trials = sum(len(search.ranking.trials) for search in past)
    terminal.table(
        searches.ledger_rows(newest.ranking.rows(SHOWN)),
        title=f"the newest search, {newest.name}, the best first; {searches.SCORES}",
    )
    ended = searches.endings(newest.ranking.rows(len(newest.ranking.trials)))
    for line in (*ended, *tell_luck(newest.luck)):
        terminal.say(line)
    if told := _answering(session, {one.trial.id for one in newest.ranking.trials}):
        terminal.say(told)
    terminal.say(f"trials of all searches so far: {trials}; every one: {session.spell('ledger')} --csv")
    keys = weigh_keys(experiment, [one.trial for one in newest.ranking.trials])
    if keys:
        terminal.table(
            [searches.key_row(key) for key in keys],
            title="which keys part good trials from others: the share of each, its error, its share by chance",
        )
        terminal.say(tell_keys(keys))
    else:
        terminal.say(f"which keys matter is told from {LEAST_TRIALS} trials of a family on")
    terminal.document(
        {
            "searches": [search.plain() for search in past],
            "importance": [key.model_dump() for key in keys],
        }
    )
    return DONE


def _answering(session: Session, trials: set[str]) -> str:
    """If several of these trials answer as one, in which version; of the newest that was chosen from them."""
    from ml_core.registry.version import chosen_from
    from ml_core.registry.versions import Registry

    chosen = chosen_from(Registry(session.home).versions(session.model_name), trials)
    told = searches.answering(chosen.spec) if chosen else ""
    return f"version {chosen.version}: {told}" if chosen and told else ""
