"""`explain`: what moved a forecast up and down, and what else there is to know of why it says what it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.commands.predict import read_date
from cli.commands.surveys import survey
from cli.output import open_output
from cli.screens import explain as screen
from cli.screens import explained
from cli.session import DONE, Session
from ml_core.errors import InvalidInput
from ml_core.spec.choices import nearest
from ml_core.spec.plain import plain

if TYPE_CHECKING:
    import polars as pl

    from ml_core.explain.attribution import ForecastPart
    from ml_core.explain.subject import Scene, Subject
    from ml_core.registry.version import ModelVersion


def explain(
    session: Session,
    *,
    ticker: str | None,
    as_of: str | None,
    version: str | None,
    horizon: int | None,
    of: ForecastPart,
    importance: bool,
    dependence: bool,
    seed: int | None,
    out: Path | None,
) -> int:
    if importance or dependence:
        name = _one_survey(importance, dependence, ticker=ticker, as_of=as_of)
        return survey(session, name, version=version, horizon=horizon, of=of, out=out, seed=seed or 0)
    if seed is not None:
        raise InvalidInput(
            "--seed: expected with --importance or --dependence; without them nothing is drawn"
        )
    return _explain(session, ticker=ticker, as_of=as_of, version=version, horizon=horizon, of=of, out=out)


def _one_survey(importance: bool, dependence: bool, *, ticker: str | None, as_of: str | None) -> str:
    """Its name; what is of one forecast is refused beside it."""
    name = "importance" if importance else "dependence"
    if importance and dependence:
        raise InvalidInput("--importance, --dependence: expected one of them at a time")
    if ticker is not None:
        raise InvalidInput(f"TICKER: --{name} is of all tickers of the holdout; expected none")
    if as_of is not None:
        raise InvalidInput(f"--as-of: --{name} is of the holdout of a version; expected --version instead")
    return name


def _explain(
    session: Session,
    *,
    ticker: str | None,
    as_of: str | None,
    version: str | None,
    horizon: int | None,
    of: ForecastPart,
    out: Path | None,
) -> int:
    from ml_core.explain.rows import share_rows
    from ml_core.explain.spoken import tell_later
    from ml_core.explain.subject import open_scene
    from ml_core.prediction.answer import find_speaker, tell_asked, tell_closed, tell_learned
    from ml_core.registry.versions import Registry

    order, day = session.order, read_date(as_of)
    if day and day > session.now.date():
        raise InvalidInput(f"--as-of {day}: lies in the future; expected today or a past day")
    write = open_output(out) if out else None
    registry = Registry(order.home)
    stood, then, told = find_speaker(order, registry, day, version)
    scene = open_scene(registry.load(stood.version), then.prices, as_of=day)
    told = (
        *told,
        *tell_asked(order.experiment, stood.version),
        *tell_closed(day, scene.as_of),
        *tell_learned(stood.version, scene.as_of),
        *tell_later(scene.as_of, stood.version.evidence.trained.end),
    )
    subjects = _subjects(scene, ticker, horizon)
    rows = share_rows(subjects, of)
    if write:
        write(rows)
    if ticker:
        _show_one(session, stood.version, subjects[0], of, told)
    else:
        _show_all(session, stood.version, scene, subjects[0].horizon, rows, of, told)
    return DONE


def _subjects(scene: Scene, ticker: str | None, horizon: int | None) -> list[Subject]:
    """The ticker's, as the experiment writes it, or all of the session."""
    if ticker is None:
        return [scene.about(one, horizon) for one in scene.tickers]
    known = {name.casefold(): name for name in scene.windows.tickers}
    name = known.get(ticker.strip().casefold())
    if name is None:
        raise InvalidInput(f"TICKER: unknown '{ticker}'{nearest(ticker.upper(), list(known.values()))}")
    return [scene.about(name, horizon)]


def _show_one(
    session: Session, version: ModelVersion, subject: Subject, of: ForecastPart, told: Sequence[str]
) -> None:
    """Everything that any method says of this forecast."""
    from ml_core.explain.method import ask_all

    found, silent = ask_all(subject, of)
    answers = found | silent
    priced = subject.scene.forecaster.spec.task.priced
    proven = _proven(subject.scene, version, subject.horizon)
    lines = screen.one_lines(subject, version, answers, of=of, priced=priced, proven=proven)
    for line in (*lines, *explained.other_lines(answers, priced=priced), *told):
        session.terminal.say(session.spell_out(line))
    session.terminal.document(
        {
            "model": session.order.name,
            "version": version.version,
            "ticker": subject.ticker,
            "as_of": subject.scene.as_of,
            "horizon": subject.horizon,
            "proven": proven,
            "of": of,
            "notes": list(told),
            **{name: plain(one) for name, one in answers.items()},
        }
    )


def _show_all(
    session: Session,
    version: ModelVersion,
    scene: Scene,
    horizon: int,
    rows: pl.DataFrame,
    of: ForecastPart,
    told: Sequence[str],
) -> None:
    """What moves the forecasts of a session most, over all tickers, and what moves each."""
    from ml_core.explain.rows import by_name

    terminal, priced = session.terminal, scene.forecaster.spec.task.priced
    proven = _proven(scene, version, horizon)
    for line in screen.all_lines(scene, version, rows, horizon=horizon, of=of, proven=proven):
        terminal.say(line)
    silent = version.evidence.role == "reference" and of != "scale"
    terminal.table(
        screen.ticker_rows(rows, of=of, priced=priced, silent=silent), title="what moves each most"
    )
    for line in told:
        terminal.say(session.spell_out(line))
    terminal.document(
        {
            "model": session.order.name,
            "version": version.version,
            "as_of": scene.as_of,
            "horizon": horizon,
            "proven": proven,
            "of": of,
            "notes": list(told),
            "shares": by_name(rows).to_dicts(),
        }
    )


def _proven(scene: Scene, version: ModelVersion, horizon: int) -> list[str]:
    """The claims of that horizon; none of a session that was learned from."""
    from ml_core.prediction.answer import stamp

    rows = stamp(scene.table, version).filter(horizon=horizon)
    return str(rows["proven"][0]).split()
