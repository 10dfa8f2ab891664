"""`space`: what a search of the experiment varies, and what it could vary besides."""

from __future__ import annotations

from cli.session import DONE, Session


def space(session: Session) -> int:
    from ml_core.spec.search import MANY_TRIALS
    from tuning.layout import lay_out_space, list_unvaried

    experiment, terminal = session.learning, session.terminal
    rows, besides = lay_out_space(experiment), list_unvaried(experiment)
    terminal.table([row.shown() for row in rows], title=f"what a search of {experiment.name} varies")
    terminal.say("\nmay be varied besides, by a list or {low, high, log} under [search.ranges]:")
    for family, keys in besides.items():
        terminal.say(f"  {family}: {', '.join(keys)}")
    if not experiment.search.wide:
        terminal.say(
            f"a search of {MANY_TRIALS} trials or more is wide: {session.spell('space')} --set search.width=wide"
        )
    if any("task.lookback" in keys for keys in besides.values()):
        terminal.say(f"for example: {session.spell('search')} --set 'search.ranges.task.lookback=[16,32,64]'")
    terminal.document({"varied": [row.plain() for row in rows], "besides": besides})
    return DONE
