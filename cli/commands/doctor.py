"""`doctor`: what stands, what is due, what is stuck, and the command that helps."""

from __future__ import annotations

from cli.session import DONE, PARTIAL, Session
from ml_core.home.spelling import spell
from ml_core.upkeep.condition import Condition

WITHOUT_EXPERIMENT = ("down",)


def doctor(session: Session) -> int:
    from flows.stack.examination import examine_stack
    from ml_core.upkeep.condition import is_well
    from ml_core.upkeep.duties import examine_experiment
    from tuning.unfinished import examine_search

    search = examine_search(session.order)
    conditions = [
        *examine_experiment(session.order, now=session.now),
        *([search] if search else ()),
        *examine_stack(session.home, now=session.now),
    ]
    rows = [{"part": one.part, "state": one.state, "told": one.told} for one in conditions]
    session.terminal.table(rows, title=f"{session.experiment.name} in {session.home.root}")
    helpful = dict.fromkeys(_spell(session, one) for one in conditions if one.verb and one.state != "off")
    for command in helpful:
        session.terminal.say(f"run: {command}")
    session.terminal.document(
        {
            "well": is_well(conditions),
            "conditions": [
                row | {"run": _spell(session, one)} for row, one in zip(rows, conditions, strict=True)
            ],
        }
    )
    return DONE if is_well(conditions) else PARTIAL


def _spell(session: Session, condition: Condition) -> str:
    if not condition.verb:
        return ""
    if condition.verb in WITHOUT_EXPERIMENT:
        return spell(condition.verb, home=session.home)
    verb, _, options = condition.verb.partition(" ")
    return f"{session.spell(verb)} {options}".strip()
