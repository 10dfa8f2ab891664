"""`doctor`: what stands, what is due, what is stuck, and the command that helps."""

from __future__ import annotations

from cli.session import DONE, PARTIAL, Session
from ml_core.home.spelling import spell
from ml_core.monitoring.condition import PartCondition

WITHOUT_EXPERIMENT = ("down",)


def doctor(session: Session, *, others: list[str] | None) -> int:
    """Each experiment by itself, then the stack, which is one for all of them."""
    from flows.stack.examination import examine_stack
    from ml_core.monitoring.condition import is_well

    asked = [session, *(session.about(name) for name in others or ())]
    examined = [(one, _examine(one)) for one in asked]
    stack = examine_stack(session.home, now=session.now)
    for one, conditions in examined:
        shown = [*conditions, *(stack if one is asked[-1] else ())]
        session.terminal.table(_rows(shown), title=f"{one.experiment.name} in {session.home.root}")
    all_conditions = [(one, condition) for one, conditions in examined for condition in conditions]
    all_conditions += [(session, condition) for condition in stack]
    helpful = dict.fromkeys(_spell(*one) for one in all_conditions if one[1].verb and one[1].state != "off")
    for command in helpful:
        session.terminal.say(f"run: {command}")
    told = [
        {"experiment": one.experiment.name} | row | {"run": _spell(one, condition)}
        for one, condition in all_conditions
        for row in _rows([condition])
    ]
    well = is_well(condition for _, condition in all_conditions)
    session.terminal.document({"well": well, "conditions": told})
    return DONE if well else PARTIAL


def _examine(session: Session) -> list[PartCondition]:
    from ml_core.monitoring.duties import examine_experiment
    from tuning.unfinished import examine_search

    search = examine_search(session.order)
    return [*examine_experiment(session.order, now=session.now), *([search] if search else ())]


def _rows(conditions: list[PartCondition]) -> list[dict[str, str]]:
    return [{"part": one.part, "state": one.state, "told": one.told} for one in conditions]


def _spell(session: Session, condition: PartCondition) -> str:
    if not condition.verb:
        return ""
    if condition.verb in WITHOUT_EXPERIMENT:
        return spell(condition.verb, home=session.home)
    verb, _, options = condition.verb.partition(" ")
    return f"{session.spell(verb)} {options}".strip()
