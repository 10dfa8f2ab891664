"""The command `backtest`: trades an experiment's strategy on forecasts that no model learned from, and says what it
came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from cli.output import open_results
from cli.screens.missing import spell_missing, warn_missing
from cli.session import DONE, PARTIAL, Session
from ml_core.errors import InvalidData, InvalidInput, NotEnoughData
from ml_core.frames import SCORED, conform

if TYPE_CHECKING:
    import datetime as dt

    from ml_core.registry.version import ModelVersion
    from ml_core.spec.experiment import Experiment


@dataclass(frozen=True)
class Source:
    """SCORED rows that no model learned from, and what they are."""

    forecasts: pl.DataFrame
    told: str
    trials: int = 1
    facts: dict[str, Any] = field(default_factory=dict)


def backtest(
    session: Session,
    *,
    start: str | None,
    end: str | None,
    version: str | None,
    walk: bool,
    forecasts: Path | None,
    trials: int | None,
    out: Path | None,
) -> int:
    from cli.screens.money import describe_strategy, print_money
    from cli.screens.origins import origin_lines
    from ml_core.data.prices import read_benchmark, read_prices, tell_absent
    from ml_core.portfolio.opening import horizon_of
    from ml_core.reporting.trading import gather, list_parts, write_trading
    from ml_core.walkforward.trading import split_money, weigh

    if sum((version is not None, walk, forecasts is not None)) > 1:
        raise InvalidInput("--version, --walk and --forecasts each say what to trade; give one of them")
    first, last = _read_span(start, end)
    folder = open_results(out) if out else None
    experiment, terminal = session.learning if walk else session.experiment, session.terminal
    prices, benchmark = read_prices(experiment, session.home), read_benchmark(experiment, session.home)
    absent = tell_absent(experiment, session.home, prices, compared=True)
    source = _choose(session, prices, version, first, walk=walk, file=forecasts)
    rows = _between(source, first, last)
    tried, horizon = trials or source.trials, horizon_of(experiment)
    money = weigh(experiment, prices, rows, benchmark=benchmark, trials=tried)
    origins = split_money(experiment, prices, money, benchmark=benchmark)
    terminal.say(f"{experiment.name}: {source.told}")
    for line in describe_strategy(experiment.strategy, rows, horizon=horizon):
        terminal.say(f"  {line}")
    for split, one in money.items():
        print_money(terminal, one, title=f"\n{_scored(rows.filter(split=pl.lit(split)), split)}")
        for line in origin_lines(origins[split]):
            terminal.say(line)
    missing = _warn_silent(session, absent, _in_then(prices, rows) - set(rows["ticker"]))
    if folder:
        files = write_trading(experiment, gather(money) | {"origins": list_parts(origins)}, folder)
        terminal.say(f"written to {folder}: {', '.join(files)}")
    terminal.document(
        {
            **_asked(experiment, source, trials=tried),
            "missing": spell_missing(session, missing),
            "splits": {split: one.summary for split, one in money.items()},
            "origins": {split: one.summary for split, one in origins.items()},
        }
    )
    return PARTIAL if missing else DONE


def _asked(experiment: Experiment, source: Source, *, trials: int) -> dict[str, Any]:
    """What was traded, and how."""
    from cli.screens.money import limits_in_force

    return {
        "experiment": experiment.name,
        "scored": source.told,
        **source.facts,
        "trials": trials,
        "strategy": experiment.strategy.model_dump(mode="json"),
        "limits": limits_in_force(experiment.strategy),
    }


def _choose(
    session: Session,
    prices: pl.DataFrame,
    version: str | None,
    first: dt.date | None,
    *,
    walk: bool,
    file: Path | None,
) -> Source:
    if file:
        return _of_file(file)
    return _of_walk(session, prices) if walk else _of_version(session, prices, version, first)


def _read_span(start: str | None, end: str | None) -> tuple[dt.date | None, dt.date | None]:
    first, last = read_day("--start", start), read_day("--end", end)
    if first and last and first > last:
        raise InvalidInput(f"--start {first} is after --end {last}")
    return first, last


def _warn_silent(session: Session, absent: dict[str, str], unsaid: set[str]) -> dict[str, str]:
    """Says which tickers could not be traded, and gives each with the reason."""
    warn_missing(session, absent)
    silent = sorted(unsaid - set(absent))
    if silent:
        session.terminal.warn(f"without any forecast in that time: {', '.join(silent)}")
    return absent | dict.fromkeys(silent, "without any forecast in that time")


def _in_then(prices: pl.DataFrame, rows: pl.DataFrame) -> set[str]:
    """The tickers with a bar, and in the universe, on some date of these forecasts."""
    there = prices.filter(pl.col("date").is_between(rows["as_of"].min(), rows["as_of"].max()))
    return set((there.filter("member") if "member" in prices.columns else prices)["ticker"])


def read_day(option: str, text: str | None) -> dt.date | None:
    """A date as an option gives it."""
    import datetime as dt

    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{option} {text}: expected a date such as 2024-05-31") from None


def _of_version(session: Session, prices: pl.DataFrame, version: str | None, first: dt.date | None) -> Source:
    """What a registered version says of the sessions from its holdout on: it learned from none of them. Of a refit,
    those before it are answered by whom it was fitted again from."""
    from ml_core.registry.seats import tell_seat
    from ml_core.registry.versions import Registry
    from ml_core.walkforward.unseen import first_unseen, forecast_unseen

    registry = Registry(session.home)
    registered = registry.find(session.experiment.model_name, version)
    evidence = registered.evidence
    held_out, ended = first_unseen(registry, registered), evidence.holdout.end
    if first and first < held_out:
        judged = evidence.refit.judged if evidence.refit else registered.version
        raise InvalidInput(
            f"--start {first}: version {judged} was fitted before {held_out}, and chosen on dates before it; "
            f"expected a day from {held_out} on, or --walk"
        )
    scored = forecast_unseen(registry, registered, prices)
    since = scored.filter(pl.col("as_of") > ended)["as_of"].n_unique()
    who = f"version {registered.version} ({evidence.spec.told}; {tell_seat(registered)})"
    told = f"{who} on what it never learned from, its holdout from {held_out} to {ended} and {since} sessions since"
    if evidence.refit:
        told = (
            f"{who}: each session from {held_out} on is answered by the youngest of its line that had not seen it, "
            f"those before {evidence.unseen} by version {evidence.refit.parent} or whom that was fitted again from"
        )
    told += f"; {_tell_money(registered)}"
    facts = {"model": registered.name, "version": registered.version, "holdout": evidence.holdout}
    return Source(scored, told, trials=evidence.backtest.trials or evidence.search.trials, facts=facts)


def _tell_money(registered: ModelVersion) -> str:
    """Whether it was proven that trading it pays, at any horizon."""
    from ml_core.reporting.words import claim, standing

    asked = [one for one in registered.evidence.claims if one.claim == "money" and one.asked]
    if not asked:
        return f"{claim('money')}: not asked"
    surest = min(asked, key=lambda one: one.adjusted if one.adjusted is not None else 1.0)
    return f"{claim('money')}: {standing(surest.standing, surest.adjusted)}"


def _of_walk(session: Session, prices: pl.DataFrame) -> Source:
    """The experiment's own model, refitted for every fold."""
    from ml_core.walkforward.walk import walk_forecasts

    session.terminal.step(f"walking {session.experiment.name} forward")
    forecasts = walk_forecasts(session.experiment, prices, progress=session.terminal.progress)
    family = session.experiment.model.family
    return Source(forecasts, f"{family}, refitted for each of {forecasts['fold'].n_unique()} folds")


def _of_file(path: Path) -> Source:
    """What `evaluate --out` wrote."""
    try:
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InvalidInput(f"--forecasts {path}: cannot be read: {str(error).splitlines()[0]}") from None
    try:
        return Source(conform(table, SCORED, "forecasts"), f"the forecasts in {path.name}")
    except InvalidData as error:
        raise InvalidInput(f"--forecasts {path}: {error}; expected what evaluate --out writes") from None


def _between(source: Source, first: dt.date | None, last: dt.date | None) -> pl.DataFrame:
    """The decisions of that span; the accounts begin and end with them."""
    day, rows = (
        pl.col("as_of"),
        source.forecasts.filter(pl.col("mean").is_not_null() & pl.col("mean").is_not_nan()),
    )
    if rows.is_empty():
        raise NotEnoughData(f"{source.told}: no forecast with a mean among {source.forecasts.height} rows")
    kept = rows.filter(day >= first) if first else rows
    kept = kept.filter(day <= last) if last else kept
    if kept.is_empty():
        raise NotEnoughData(
            f"no forecast from {first or 'the first'} to {last or 'the last'}: "
            f"they go from {rows['as_of'].min()} to {rows['as_of'].max()}"
        )
    return kept


def _scored(rows: pl.DataFrame, split: str) -> str:
    return (
        f"{split}: forecasts of {rows['as_of'].min()} to {rows['as_of'].max()}, {rows['as_of'].n_unique()} sessions, "
        f"{rows['ticker'].n_unique()} tickers"
    )
