"""The whole story: refresh → search → predict, then one screen of what came of it."""

from pathlib import Path

from cli.commands.refresh import refresh
from cli.commands.search import run_search
from cli.screens import report
from cli.session import DONE, PARTIAL, Session


def demo(session: Session) -> int:
    """refresh → search → predict, then the report; what stands from an earlier run is used again."""
    from ml_core.data.prices import data_version
    from ml_core.prediction.answer import answer
    from ml_core.registry.lineage import judged_of
    from ml_core.registry.versions import Registry

    experiment, terminal = session.learning, session.terminal
    code = refresh(session)
    registry, version = Registry(session.home), data_version(experiment, session.home)
    asked = (experiment.digest(), version)
    known = [
        registered
        for registered in registry.versions(experiment.model_name)
        if registered.readable
        and registered.evidence.role == "candidate"
        and (registered.evidence.digest, registered.evidence.data_version) == asked
    ]
    if known:
        terminal.step(f"the search of {known[0].created:%Y-%m-%d %H:%M} stands; its model is used again")
    else:
        known = [run_search(session).version]
    terminal.step("forecasting the last session")
    sitting = registry.find(experiment.model_name)
    fresh = sitting if judged_of(registry, sitting).version == known[0].version else known[0]
    table = answer(session.order, clock=session.clock, version=fresh.version, by="candorcast demo").table
    report.print_report(terminal, known[0], table, session.home, answers=fresh)
    terminal.document(
        {
            "version": known[0].version,
            "evidence": known[0].evidence,
            "answers": fresh.version,
            "forecasts": table.to_dicts(),
        }
    )
    serve = session.spell("serve")
    by_make = "make app, or " if serve == "candorcast serve demo" and Path("Makefile").is_file() else ""
    terminal.say(f"\nopen the app, http://127.0.0.1:8000: {by_make}{serve}")
    return max(code, DONE if known[0].evidence.gate.passed else PARTIAL)
