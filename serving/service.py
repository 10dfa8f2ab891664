"""The API's and the app's one source: asks store and registry, answers in messages. Knows no web."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from ml_core.data.order import Order
from ml_core.data.sectors import read_sectors
from ml_core.errors import ForecastError, NotEnoughData, UnknownTicker
from ml_core.home.telling import Tell
from ml_core.monitoring.acting import acknowledge, mute
from ml_core.monitoring.record import Record, open_record
from ml_core.prediction.answer import Clock, find_outsiders, unanswered
from serving.as_of import AsOf, PastAnswers
from serving.backtests import Backtested, Backtests, BacktestSettings, quiet
from serving.board import Board, build_board
from serving.champion import Champion, Served
from serving.condition import ServedCondition
from serving.earlier import EarlierForecasts, look_back
from serving.explanations import Explanations
from serving.hints import Hints
from serving.holdings import Books, Holdings
from serving.lineup import Lineup, gather
from serving.messages import BatchAnswer, Health, Info, Position, SingleAnswer, TickerForecast
from serving.outlook import build_outlook, dates_ahead
from serving.provenance import tell_positions, tell_provenance
from serving.quotes import build_history
from serving.runs.desk import Desk, open_desk
from serving.searches import NewestSearch, newest_search
from serving.seated import Seats
from serving.shelf import ModelEvidence, Shelf
from serving.strangers import Strangers
from serving.strategies import Named
from serving.tickers import find_name, find_names
from serving.unseen import UnseenSessions


class Service:
    """Answers from the present champion; `look` keeps it present."""

    def __init__(
        self,
        order: Order,
        clock: Clock,
        hints: Hints | None = None,
        desk: Desk | None = None,
        session: Any = None,
    ) -> None:
        """`hints`: how the experiment was asked for, so that a command in an answer can be typed. `desk`: where runs
        of it are asked for. `session`: what its source is spoken to through, None for its own."""
        self.experiment, self._store = order.experiment, order.store
        self.order = order
        self._hints = hints or Hints(order.experiment.name, order.home)
        self._clock = clock
        self.desk = desk or open_desk(order, self._hints, clock)
        self._champion = Champion(order, clock)
        self._past = PastAnswers(order, clock)
        unseen = UnseenSessions(order)
        self._backtests = Backtests(order, unseen)
        self.explanations = Explanations(order, self._at, self._past)
        self._books = Books(order, unseen.forecasts)
        self.seats = Seats(order, clock, self.look)
        self.strangers = Strangers(order, clock, self._served, self.look, session)
        self.shelf = Shelf(order, self._hints.tell)
        self.condition = ServedCondition(order, self._champion, clock, self._hints)

    def spell_out(self, text: str) -> str:
        """The text with the command at its end as it has to be typed beside this server."""
        return self._hints.tell(text)

    @property
    def served(self) -> Served | None:
        """Who sits in the seat at this moment, with all that he answers from; None until somebody does."""
        return self._champion.served

    def look(self) -> None:
        """See whether alias or data moved. Called on a schedule; a question before that calls it too."""
        self._champion.look()

    def single(
        self,
        ticker: str,
        *,
        horizons: Sequence[int] | None = None,
        date: dt.date | None = None,
        strategy: Named | None = None,
        version: str | None = None,
        field: str = "date",
    ) -> SingleAnswer:
        """The forecast of one ticker, by who sits in the seat, or sat there on that date; or by that version.
        `field`: what the date is called where it was asked for."""
        served, then = self._at(date, version)
        name, chosen = find_name(self.order, served, ticker), served.choose_horizons(horizons)
        stranger = None if name in served.tickers else name
        seen = self._past.at(served, date, stranger=stranger, then=then, field=field)
        answers = self._outlook(seen, [name], chosen)
        if not answers:
            why = unanswered((name,), seen.table, seen.prices, served.forecaster)[name]
            raise NotEnoughData(f"no forecast for {name} as of {seen.as_of}: {why}")
        held = tell_positions(seen, [name], self.experiment.strategy, strategy)[name] if strategy else None
        told = dict(tell_provenance(seen, self.experiment.name))
        return SingleAnswer(**dict(answers[0]), **told, position=held)

    def batch(
        self,
        tickers: Sequence[str] | None = None,
        *,
        date: dt.date | None = None,
        strategy: Named | None = None,
        version: str | None = None,
        field: str = "date",
    ) -> BatchAnswer:
        """The forecasts of many tickers, and what that strategy would hold of each; those that cannot be made are named
        with the reason."""
        served, then = self._at(date, version)
        names, failed = find_names(self.order, served, tickers or self._members(served))
        known, horizons = served.tickers, served.choose_horizons(None)
        today = self._past.at(served, date, then=then, field=field)
        answers: list[TickerForecast] = []
        held: dict[str, Position] = {}
        for group in (
            [name for name in names if name in known],
            *([name] for name in names if name not in known),
        ):
            own = known.issuperset(group)
            seen = today if own else self._past.at(served, date, stranger=group[0], then=then, field=field)
            answers += self._outlook(seen, group, horizons)
            failed |= unanswered(tuple(group), seen.table, seen.prices, served.forecaster)
            held |= tell_positions(seen, group, self.experiment.strategy, strategy) if strategy else {}
        if not answers:
            raise UnknownTicker(next(iter(failed.values())))
        failed = {name: self.spell_out(why) for name, why in failed.items()}
        answers.sort(key=lambda one: names.index(one.ticker))
        told = {
            "predictions": answers,
            "positions": {one.ticker: held[one.ticker] for one in answers} if strategy else None,
            **dict(tell_provenance(today, self.experiment.name)),
        }
        return BatchAnswer(as_of=today.as_of, failed=failed, **told)

    def earlier(
        self, answer: SingleAnswer, history: pl.DataFrame, horizon: int, *, since: dt.date
    ) -> EarlierForecasts | None:
        """What that version said before, or would have, beside what came; None where no price follows from it."""
        if answer.target != "return":
            return None
        served = self._served(answer.version)
        stranger = None if answer.ticker in served.tickers else answer.ticker
        seen = self._past.at(served, answer.as_of, stranger=stranger)
        return look_back(self.order, seen, answer.ticker, history, horizon, since=since)

    def board(self, *, horizon: int | None = None, version: str | None = None) -> Board:
        """All members of the universe on the newest session, at one horizon, by default the shortest."""
        served, _ = self._at(None, version)
        ahead = served.choose_horizons([horizon] if horizon else None, key="horizon")[0]
        seen, members = self._past.at(served, None), self._members(served)
        failed = unanswered(tuple(members), seen.table, seen.prices, served.forecaster)
        failed = {name: self.spell_out(why) for name, why in failed.items()}
        return build_board(self.order, seen, self._outlook(seen, members, (ahead,)), failed, ahead)

    def positions(self) -> Holdings:
        """What the experiment's strategy holds now by the forecasts of whoever answers, and since when."""
        return self._books.of(self._past.at(self._served(), None))

    def history(
        self, ticker: str, *, until: dt.date | None = None, unit: dt.date | None = None
    ) -> pl.DataFrame:
        """Daily bars of one ticker with moving averages, in the price units of a day, by default the last."""
        served = self._served()
        name = find_name(self.order, served, ticker)
        end = min(until or dt.date.max, self.experiment.data.end or dt.date.max)
        prices = self._store.bars.prices((name,), until=end, version=served.data_version)
        return build_history(prices, unit=unit)

    def tickers(self) -> list[str]:
        """What the app offers; others may be typed."""
        return list(self.experiment.universe.tickers)

    def record(self) -> Record:
        """What monitoring has found, and what a person said of it."""
        return open_record(self.order)

    def answer_alarm(self, number: int, *, muted: bool = False) -> None:
        """Put on record that a person knows of an alarm, or wants to hear no more of it."""
        (mute if muted else acknowledge)(self.record(), number, self._clock().date())

    def sectors(self) -> dict[str, str]:
        """Of the tickers that are offered, those whose sector is known."""
        return read_sectors(self.experiment.universe, self._store)

    def _members(self, served: Served) -> list[str]:
        """Those that are in the universe on the last session."""
        outside = find_outsiders(served.prices)
        return [ticker for ticker in self.tickers() if ticker not in outside]

    def health(self) -> Health:
        return self.condition.health()

    def info(self, version: str | None = None) -> Info:
        """The evidence of the served version, or of another."""
        if version is None:
            served = self._served()
            return Info.of(served.version, served=True, old=self.spell_out(served.old))
        registered, present = self._champion.find(version), self._champion.served
        if present is None or present.version.version != registered.version:
            return Info.of(registered, served=False)
        return Info.of(registered, served=True, old=self.spell_out(present.old))

    def search(self) -> NewestSearch:
        """What the newest search has tried so far, and what it came to."""
        return newest_search(self.order)

    def backtest(
        self, settings: BacktestSettings, *, version: str | None = None, tried: int = 1, tell: Tell = quiet
    ) -> Backtested:
        """What the strategy would have earned on sessions that the model never learned from."""
        return self._backtests.run(self._served(version), settings, tried=tried, tell=tell)

    def stamp(self, version: str | None = None) -> tuple[str, int]:
        """Who answers, or that version, and the version of the prices that it reads."""
        return self._served(version).stamp

    def lineup(self) -> Lineup:
        """All versions, who sat where and when, and what came of their forecasts."""
        return gather(self.order, now=self._clock())

    def model(self, version: str) -> ModelEvidence:
        """A version, by number or seat, with its evidence and where it sat."""
        told = self.info(version)
        return ModelEvidence(**dict(told), **self.shelf.papers(told.version))

    def _served(self, version: str | None = None) -> Served:
        """Who sits in the seat, or that version on the same prices."""
        served = self._present()
        return served if version is None else self._champion.beside(served, version)

    def _at(self, date: dt.date | None, version: str | None) -> tuple[Served, bool]:
        """Who answers for that date, and whether he did so then or was asked for."""
        served = self._served(version)
        return (served, True) if date is None or version else self._champion.on(served, date)

    def _present(self) -> Served:
        champion = self._champion
        if champion.served is None:
            champion.look()
        if champion.served is None:
            failure = champion.failure
            raise (
                failure
                if isinstance(failure, ForecastError)
                else ForecastError(self.condition.in_one_line(failure))
            )
        return champion.served

    def _outlook(self, seen: AsOf, tickers: Sequence[str], horizons: Sequence[int]) -> list[TickerForecast]:
        rows = seen.table.filter(pl.col("ticker").is_in(tickers) & pl.col("horizon").is_in(horizons))
        task = self.experiment.task
        ahead = dates_ahead(
            seen.as_of, horizons, calendar=self.experiment.universe.calendar, frequency=task.frequency
        )
        priced = seen.served.forecaster.spec.task.priced
        evidence = seen.served.version.evidence
        return build_outlook(rows, seen.close, ahead, priced=priced, claims=evidence.claims, fan=evidence.fan)
