"""The command `backtest`: trades an experiment's strategy on forecasts that no model learned from, and says what it
came to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from cli.output import open_results
from cli.screens.missing import spell_missing, warn_missing
from cli.session import DONE, PARTIAL, Session
from ml_core.errors import InvalidInput

if TYPE_CHECKING:
    import datetime as dt

    from ml_core.registry.version import ModelVersion
    from ml_core.spec.experiment import Experiment
    from ml_core.walkforward.to_trade import Unlearned


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
    rows = source.between(first, last)
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


def _asked(experiment: Experiment, source: Unlearned, *, trials: int) -> dict[str, Any]:
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
) -> Unlearned:
    from ml_core.walkforward.to_trade import of_file, of_walk

    if file:
        return of_file(file, session.experiment, prices)
    if not walk:
        return _of_version(session, prices, version, first)
    session.terminal.step(f"walking {session.experiment.name} forward")
    return of_walk(session.experiment, prices, progress=session.terminal.progress)


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


def _of_version(
    session: Session, prices: pl.DataFrame, version: str | None, first: dt.date | None
) -> Unlearned:
    from ml_core.registry.versions import Registry
    from ml_core.walkforward.to_trade import of_version, refuse_learned

    registry = Registry(session.home)
    registered = registry.find(session.experiment.model_name, version)
    refuse_learned(registry, registered, first)
    source = of_version(registry, registered, prices)
    return replace(source, told=f"{source.told}; {_tell_money(registered)}")


def _tell_money(registered: ModelVersion) -> str:
    """Whether it was proven that trading it pays, at any horizon."""
    from ml_core.vocabulary.words import claim, standing

    asked = [one for one in registered.evidence.claims if one.claim == "money" and one.asked]
    if not asked:
        return f"{claim('money')}: not asked"
    surest = min(asked, key=lambda one: one.adjusted if one.adjusted is not None else 1.0)
    return f"{claim('money')}: {standing(surest.standing, surest.adjusted)}"


def _scored(rows: pl.DataFrame, split: str) -> str:
    return (
        f"{split}: forecasts of {rows['as_of'].min()} to {rows['as_of'].max()}, {rows['as_of'].n_unique()} sessions, "
        f"{rows['ticker'].n_unique()} tickers"
    )
