"""What each command does: the verbs of the story in order, then what to say. Returns the exit code."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

from flows import report
from flows.missing import warn_left_out, warn_missing
from flows.output import open_output
from flows.session import DONE, PARTIAL, Session
from flows.terminal import plain
from ml_core.errors import InvalidInput
from ml_core.experiment_file import find_experiment
from ml_core.settings import open_folder

if TYPE_CHECKING:
    from tuning.search import SearchOutcome


def evaluate(session: Session, *, out: Path | None) -> int:
    from flows.evaluation import print_evaluation
    from ml_core.data.prices import read_benchmark, read_prices, tell_absent
    from ml_core.reporting.evaluation import write_evaluation
    from ml_core.walkforward import evaluate as walk

    experiment, terminal = session.experiment, session.terminal
    folder = open_folder(out, "--out") if out else None
    prices, benchmark = read_prices(experiment, session.home), read_benchmark(experiment, session.home)
    missing = tell_absent(experiment, session.home, prices, compared=True)
    warn_missing(session, missing)
    terminal.step(f"walking {experiment.name} forward")
    found = walk(experiment, prices, benchmark=benchmark, progress=terminal.progress)
    document = {
        "scores": found.scores.to_dicts(),
        "coverage": found.coverage.to_dicts(),
        "risk": found.risk,
        "left_out": list(found.left_out),
        "lost": list(found.lost),
        "missing": missing,
    }
    warn_left_out(terminal, found.left_out, found.lost)
    print_evaluation(terminal, experiment, found)
    files: list[str] = []
    if folder:
        terminal.progress("drawing")
        files = ["scores.json", *write_evaluation(experiment, found, folder)]
        (folder / "scores.json").write_text(json.dumps(plain(document), indent=1), encoding="utf-8")
        terminal.say(f"written to {folder}: {', '.join(files)}")
    terminal.document({**document, "out": str(folder) if folder else None, "files": files})
    return PARTIAL if missing else DONE


def search(session: Session, *, trials: int | None, resume: bool) -> int:
    outcome, terminal = run_search(session, trials=trials, resume=resume), session.terminal
    folds, each = outcome.evidence["search"]["folds"], session.experiment.validation.test
    terminal.table(
        report.ledger_rows(outcome.ledger.head()),
        title=f"ledger, the best first: {folds * each} test sessions in {folds} folds",
    )
    terminal.say(f"\n{outcome.summary()['spec']}")
    report.print_scores(terminal, outcome.evidence)
    report.print_gate(terminal, outcome.evidence["gate"])
    terminal.say(f"version {outcome.version.version}: {report.verdict(outcome.evidence)}", styled=True)
    terminal.document(outcome.summary())
    return DONE if outcome.passed and not outcome.missing else PARTIAL


def run_search(session: Session, *, trials: int | None = None, resume: bool = False) -> SearchOutcome:
    """The search with its progress shown."""
    from tuning.search import Step
    from tuning.search import search as run

    experiment, terminal = session.experiment, session.terminal
    terminal.step(f"searching {experiment.name}: {', '.join(experiment.search.families)}")
    steps = {"search"}

    def show(step: Step) -> None:
        if step.name not in steps:
            steps.add(step.name)
            terminal.step(
                {"refit": "refitting the winner before the holdout", "judge": step.detail}[step.name]
            )
        terminal.progress(step.text())

    with session.alone("search", wait=0):
        outcome = run(
            experiment,
            session.home,
            now=session.now,
            trials=trials,
            resume=resume,
            address=session.settings.ray_address,
            progress=show,
        )
    warn_missing(session, outcome.missing)
    warn_left_out(terminal, outcome.left_out, outcome.lost)
    return outcome


def predict(session: Session, *, as_of: str | None, out: Path | None, version: str | None) -> int:
    from ml_core.data.forecasts import write_forecast
    from ml_core.data.prices import read_prices, tell_absent
    from ml_core.prediction import forecast, require_answers
    from ml_core.registry import Registry

    experiment, terminal, day = session.experiment, session.terminal, read_date(as_of)
    if day and day > session.now.date():
        raise InvalidInput(f"--as-of {day}: expected a day that has come")
    write = open_output(out) if out else None
    prices = read_prices(experiment, session.home, until=day)
    registry = Registry(session.home)
    forecaster = registry.load(registry.find(experiment.model_name, version))
    asked = experiment.universe.tickers
    table = forecast(forecaster, prices, as_of=day, tickers=asked)
    missing = require_answers(asked, table, prices)
    missing |= tell_absent(experiment, session.home, prices, until=day)
    write_forecast(session.home, experiment.model_name, table)
    if write:
        write(table)
    for ticker, reason in missing.items():
        terminal.warn(f"{ticker}: no forecast: {session.spell_out(reason)}")
    terminal.table(report.forecast_rows(table), title=f"{forecaster.name} version {forecaster.version}")
    terminal.document({"forecasts": table.to_dicts(), "missing": missing})
    return PARTIAL if missing else DONE


def read_date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(f"--as-of {text}: expected a date such as 2024-05-31") from None


def models(session: Session) -> int:
    from ml_core.registry import Registry

    name = session.model_name
    found = Registry(session.home).versions(name)
    if not found:
        session.terminal.say(f"{name}: nothing is registered yet; run: {session.spell('search')}")
    session.terminal.table([report.version_row(version) for version in found], title=name)
    session.terminal.document(
        [
            {
                "version": version.version,
                "aliases": list(version.aliases),
                "created": version.created,
                "evidence": version.evidence,
            }
            for version in found
        ]
    )
    return DONE


def rollback(session: Session, *, version: str | None) -> int:
    from ml_core.registry import Registry

    registry, name = Registry(session.home), session.model_name
    before = registry.find(name)
    if version is None:
        passed = [
            found.version
            for found in registry.versions(name)
            if found.evidence["gate"]["passed"] and int(found.version) < int(before.version)
        ]
        if not passed:
            raise InvalidInput(
                f"{name}: no version before {before.version} passed the gate; name one with --version"
            )
        version = passed[0]
    registry.load(registry.find(name, version))  # what cannot be read is refused before it is served
    registry.promote(name, version)
    session.terminal.say(f"{name}: champion moved from version {before.version} to {version}")
    session.terminal.document({"model": name, "from": before.version, "to": version})
    return DONE


def rebuild(session: Session, *, model: str, version: str | None) -> int:
    from ml_core.rebuild import rebuild as make_again
    from ml_core.registry import Registry

    terminal, registry = session.terminal, Registry(session.home)
    if not registry.versions(model):
        known = sorted({found.name for found in registry.everything()})
        raise InvalidInput(
            f"no model '{model}' is registered; expected one of: {', '.join(known) or 'none yet'}"
        )
    found = registry.find(model, version)
    terminal.step(
        f"fitting {model} version {found.version} again on data version {found.evidence['data_version']}"
    )
    made = make_again(found, session.home)
    terminal.table(report.rebuilt_rows(made), title=f"{model} version {found.version}")
    if made.same:
        terminal.say("the same, byte for byte")
    else:
        terminal.warn(report.why_rebuilt_differs(made))
    terminal.document(
        {
            "model": model,
            "version": found.version,
            "same": made.same,
            "differing": list(made.differing),
            "checksums": dict(made.checksums),
            "then": dict(made.then),
            "now": dict(made.now),
        }
    )
    return DONE if made.same else PARTIAL


def serve(session: Session, *, host: str, port: int) -> int:
    from flows.app import serve_app

    session.check()
    serve_app(
        str(find_experiment(session.name).resolve()),
        session.home,
        overrides=session.overrides,
        host=host,
        port=port,
        say=session.terminal.say,
    )
    return DONE


def up(session: Session, *, port: int, prefect_port: int, mlflow_port: int) -> int:
    from flows.services import Ports
    from flows.stack import up as start

    ports = Ports(app=port, prefect=prefect_port, mlflow=mlflow_port)
    start(session.name, session.home, overrides=session.overrides, ports=ports)
    return DONE


def down(session: Session) -> int:
    from flows.stack import down as stop

    stop(session.home)
    return DONE
