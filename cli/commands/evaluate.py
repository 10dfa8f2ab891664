"""`evaluate`: walks the experiment's own model forward through time and shows its scores beside every baseline."""

from __future__ import annotations

from pathlib import Path

from cli.output import open_results
from cli.screens.missing import spell_missing, warn_left_out, warn_missing
from cli.session import DONE, PARTIAL, Session
from ml_core.spec.plain import write_plain


def evaluate(session: Session, *, out: Path | None) -> int:
    from cli.screens.evaluation import print_evaluation
    from ml_core.data.prices import read_benchmark, read_prices, tell_absent
    from ml_core.reporting.evaluation import write_evaluation
    from ml_core.walkforward.walk import evaluate as walk

    experiment, terminal = session.learning, session.terminal
    folder = open_results(out) if out else None
    prices, benchmark = read_prices(experiment, session.home), read_benchmark(experiment, session.home)
    missing = tell_absent(experiment, session.home, prices, compared=True)
    warn_missing(session, missing)
    terminal.step(f"walking {experiment.name} forward")
    evaluation = walk(experiment, prices, benchmark=benchmark, progress=terminal.progress)
    document = {
        "scores": evaluation.scores.to_dicts(),
        "coverage": evaluation.coverage.to_dicts(),
        "risk": evaluation.risk,
        "left_out": list(evaluation.left_out),
        "lost": list(evaluation.lost),
        "missing": spell_missing(session, missing),
    }
    warn_left_out(terminal, evaluation.left_out, evaluation.lost)
    print_evaluation(terminal, experiment, evaluation)
    files: list[str] = []
    if folder:
        terminal.progress("drawing")
        files = ["scores.json", *write_evaluation(experiment, evaluation, folder)]
        (folder / "scores.json").write_text(write_plain(document, indent=1), encoding="utf-8")
        terminal.say(f"written to {folder}: {', '.join(files)}")
    terminal.document({**document, "out": str(folder) if folder else None, "files": files})
    return PARTIAL if missing else DONE
