"""Forecasts with a registered model, checks that it answers, and says who has no forecast and why: what the command
line, the flows, the demo and the app all call."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from ml_core.data.calendar import next_close
from ml_core.data.order import Order
from ml_core.data.past import Then, newest_session, read_now, read_then
from ml_core.data.prices import read_prices, tell_absent
from ml_core.data.store.forecasts import write_forecast
from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.forecaster.forecaster import Forecaster
from ml_core.prediction.reasons import tell_early, tell_silent
from ml_core.registry.history import Stood, who_stood
from ml_core.registry.seats import seat_of, tell_seat
from ml_core.registry.version import ModelVersion, search_again
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment
from ml_core.spec.plain import plain

Clock: TypeAlias = Callable[[], dt.datetime]


@dataclass(frozen=True)
class Answer:
    """ANSWERED rows of one version for one session, and why a ticker has none. `told`: what else a reader has to know
    of it, a sentence each."""

    version: ModelVersion
    table: pl.DataFrame
    missing: Mapping[str, str]
    told: tuple[str, ...] = ()
    then: bool = True  # false where nobody answered for that day then, and one that was made later stands in

    @property
    def seat(self) -> str:
        """The badge of who speaks."""
        return tell_seat(self.version) if self.then else "made later; it stands in, as nobody answered then"


def answer(
    order: Order,
    *,
    clock: Clock,
    as_of: dt.date | None = None,
    version: str | None = None,
    corrected: bool = False,
    by: str | None = None,
) -> Answer:
    """What whoever sits in the seat says of the last session, or that version (a number or a seat). Up to `as_of`,
    whoever sat there then says it, from the bars that the store held then, or `corrected`, as they stand now. It is
    written to the store with the time of writing, for which the clock is read when all is said, with the version of
    the bars, and `by` whom; an answer for nobody is an error and is not written."""
    experiment, home = order.experiment, order.home
    registry = Registry(home)
    try:
        stood, then, told = find_speaker(order, registry, as_of, version, corrected=corrected)
        registered, prices = stood.version, then.prices
        said, missing = forecast(registry.load(registered), prices, experiment.universe.tickers, as_of=as_of)
    except InvalidInput:
        if as_of is not None:
            _refuse_early(order, registry, as_of, version)
        raise
    missing |= tell_absent(experiment, home, prices, until=as_of)
    table = stamp(said, registered)
    session, now = max(table["as_of"]), clock()
    early = is_early(order, session, now)
    write_forecast(home, order.name, table, written=now, live=early, bars=then.version, by=by)
    told = (
        *told,
        *tell_asked(experiment, registered),
        *tell_closed(as_of, session),
        *tell_learned(registered, session),
    )
    return Answer(registered, table, missing, told, stood.then)


def is_early(order: Order, session: dt.date, now: dt.datetime) -> bool:
    """Whether nothing of what comes after that session can be known yet: no later one is stored, and the next has not
    closed. A clock that was put back says the second alone."""
    if (newest := newest_session(order.experiment, order.home)) and newest > session:
        return False
    calendar = order.experiment.universe.calendar
    return now < next_close(calendar, session, almanac=order.store.almanac)


def find_speaker(
    order: Order, registry: Registry, as_of: dt.date | None, version: str | None, *, corrected: bool = False
) -> tuple[Stood, Then, tuple[str, ...]]:
    """Who answers, from which prices, and what is to be told of that."""
    if as_of is None:
        return (
            Stood(registry.find(order.name, version), then=True),
            read_now(order.experiment, order.home),
            (),
        )
    stood = _who(order, registry, as_of, version)
    if corrected:
        then = read_now(order.experiment, order.home, until=as_of)
    else:
        then = read_then(order.experiment, order.home, as_of, tickers=stood.version.evidence.tickers)
    return stood, then, tell_past(stood, then)


def _who(order: Order, registry: Registry, as_of: dt.date, version: str | None) -> Stood:
    if version is not None:
        return Stood(registry.find(order.name, version), then=True)
    return who_stood(registry, order.name, as_of)


def _refuse_early(order: Order, registry: Registry, as_of: dt.date, version: str | None) -> None:
    """Where the day lies before all that this model can answer, that is the reason, and no other."""
    forecaster = registry.load(_who(order, registry, as_of, version).version)
    if told := tell_early(forecaster, read_prices(order.experiment, order.home), as_of):
        raise NotEnoughData(f"no forecast: {told}") from None


def tell_past(stood: Stood, then: Then) -> tuple[str, ...]:
    """Where an answer for the past is not what could have been had then, why."""
    told = []
    if not stood.then:
        told.append(
            f"nobody answered for that day then: version {stood.version.version} was made later and stands in"
        )
    if not then.kept:
        told.append("the bars as they were stored then are gone: today's are read, up to that day")
    return tuple(told)


def tell_asked(experiment: Experiment, version: ModelVersion) -> tuple[str, ...]:
    """That the file asks for something else by now than the version was fitted to answer."""
    asked, answers = plain(experiment.task), plain(version.spec.task)  # the file's has how a model reads too
    return tuple(
        f"version {version.version} answers task.{name} = {answers[name]}, and the experiment asks {asked[name]}; "
        f"for that {search_again(version.name)}"
        for name in answers
        if asked[name] != answers[name]
    )


def tell_closed(day: dt.date | None, session: dt.date) -> tuple[str, ...]:
    """That no session is stored of a day that was asked for: none was held, or its bars have not come."""
    if day is None or day == session:
        return ()
    return (f"no session of {day} is stored: the forecast is that of {session}, the last one before it",)


def tell_learned(version: ModelVersion, day: dt.date) -> tuple[str, ...]:
    """That a model learned from the day, if it did."""
    if day >= version.evidence.unseen:
        return ()
    return (f"version {version.version} learned from {day} (in_sample): what it says of it proves nothing",)


def stamp(said: pl.DataFrame, version: ModelVersion) -> pl.DataFrame:
    """ANSWERED rows of these FORECAST rows: who says it, and what of it is proven. Nothing is of a session that was
    learned from."""
    evidence = version.evidence
    proven = {horizon: " ".join(version.proves(horizon)) for horizon in said["horizon"].unique()}
    learned = pl.col("as_of") < evidence.unseen
    told = pl.col("horizon").replace_strict(proven, return_dtype=pl.String, default="")
    return said.with_columns(
        seat=pl.lit(seat_of(version) or ""),
        proven=pl.when(learned).then(pl.lit("")).otherwise(told),
        in_sample=learned,
    )


def forecast(
    forecaster: Forecaster, prices: pl.DataFrame, tickers: tuple[str, ...], *, as_of: dt.date | None = None
) -> tuple[pl.DataFrame, dict[str, str]]:
    """FORECAST rows of these tickers, of which at least one has an answer, and why another of the universe has none."""
    table = forecaster.predict(prices, as_of=as_of, tickers=tickers)
    known = prices if as_of is None else prices.filter(pl.col("date") <= as_of)
    return table, require_answers(tickers, table, known, forecaster)


def unanswered(
    asked: tuple[str, ...], table: pl.DataFrame, prices: pl.DataFrame, forecaster: Forecaster
) -> dict[str, str]:
    """Why a ticker that was asked for has no forecast. `prices`: those that the table was made from."""
    answered, known = set(table["ticker"].unique()), set(prices["ticker"].unique())
    outside, newest = find_outsiders(prices), prices["date"].max()
    missing = [ticker for ticker in asked if ticker not in answered]
    told = {
        ticker: f"not in the universe on {newest}" if ticker in outside else "no bars stored by then"
        for ticker in missing
        if ticker in outside or ticker not in known
    }
    silent = [ticker for ticker in missing if ticker not in told]
    told |= tell_silent(forecaster, prices, silent) if silent else {}
    return {ticker: told[ticker] for ticker in missing}


def find_outsiders(prices: pl.DataFrame) -> frozenset[str]:
    """Who is not in the universe by the last of these prices: nobody asks for a forecast of them."""
    if "member" not in prices.columns:
        return frozenset()
    newest = prices.sort("date").group_by("ticker").agg(pl.col("member").last())
    return frozenset(newest.filter(~pl.col("member"))["ticker"])


def require_answers(
    asked: tuple[str, ...], table: pl.DataFrame, prices: pl.DataFrame, forecaster: Forecaster
) -> dict[str, str]:
    """As `unanswered`, of those in the universe on the last session; an answer for nobody is an error."""
    outside = find_outsiders(prices)
    inside = tuple(ticker for ticker in asked if ticker not in outside)
    missing = unanswered(inside, table, prices, forecaster)
    if table.is_empty() or table["mean"].null_count() == table.height:
        first = next(iter(missing), "any ticker")
        raise InvalidInput(f"no forecast for {first}: {missing.get(first, 'the model gives no number')}")
    return missing
