"""The API's and the app's one source: asks store and registry, answers in messages. Knows no web."""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from ml_core.data.absence import tell_absence
from ml_core.data.age import tell_old
from ml_core.data.order import Order
from ml_core.errors import ForecastError, InvalidInput, NotEnoughData, UnknownTicker
from ml_core.prediction.answer import find_outsiders, unanswered
from ml_core.registry.seats import seat_of
from ml_core.spec.choices import nearest
from serving.as_of import AsOf, PastAnswers
from serving.champion import Champion, Clock, Served
from serving.hints import Hints
from serving.messages import (
    BatchAnswer,
    Health,
    Info,
    SingleAnswer,
    TickerForecast,
)
from serving.outlook import build_outlook, dates_ahead
from serving.provenance import tell_position, tell_provenance
from serving.quotes import build_history

SHOWN = 12


class Service:
    """Answers from the present champion; `look` keeps it present."""

    def __init__(self, order: Order, clock: Clock, hints: Hints | None = None) -> None:
        """`hints`: how the experiment was asked for, so that a command in an answer can be typed."""
        self.experiment, self._home, self._store = order.experiment, order.home, order.store
        self._hints = hints or Hints(order.experiment.name, order.home)
        self._clock = clock
        self._champion = Champion(order, clock)
        self._past = PastAnswers(order, clock)

    def spell_out(self, text: str) -> str:
        """The text with the command at its end as it has to be typed beside this server."""
        return self._hints.tell(text)

    def look(self) -> None:
        """See whether alias or data moved. Called on a schedule; a question before that calls it too."""
        self._champion.look()

    def single(
        self,
        ticker: str,
        *,
        horizons: Sequence[int] | None = None,
        date: dt.date | None = None,
        strategy: str | None = None,
        version: str | None = None,
    ) -> SingleAnswer:
        """The forecast of one ticker, by who sits in the seat, or sat there on that date; or by that version."""
        served, then = self._at(date, version)
        name, chosen = self._name(served, ticker), choose_horizons(served, horizons)
        seen = self._past.at(served, date, stranger=None if name in served.tickers else name, then=then)
        answers = self._outlook(seen, [name], chosen)
        if not answers:
            why = unanswered((name,), seen.table, seen.prices, served.forecaster)[name]
            raise NotEnoughData(f"no forecast for {name} as of {seen.as_of}: {why}")
        return SingleAnswer(
            **dict(answers[0]),
            **dict(tell_provenance(seen)),
            position=tell_position(seen, name, self.experiment.strategy, strategy) if strategy else None,
        )

    def batch(
        self,
        tickers: Sequence[str] | None = None,
        *,
        date: dt.date | None = None,
        version: str | None = None,
    ) -> BatchAnswer:
        """The forecasts of many tickers; those that cannot be made are named with the reason."""
        served, then = self._at(date, version)
        names, failed = self._names(served, tickers or self._members(served))
        known, horizons = served.tickers, choose_horizons(served, None)
        today = self._past.at(served, date, then=then)
        answers: list[TickerForecast] = []
        for group in (
            [name for name in names if name in known],
            *([name] for name in names if name not in known),
        ):
            seen = (
                today
                if known.issuperset(group)
                else self._past.at(served, date, stranger=group[0], then=then)
            )
            answers += self._outlook(seen, group, horizons)
            failed |= unanswered(tuple(group), seen.table, seen.prices, served.forecaster)
        if not answers:
            raise UnknownTicker(next(iter(failed.values())))
        failed = {name: self.spell_out(why) for name, why in failed.items()}
        answers.sort(key=lambda one: names.index(one.ticker))
        return BatchAnswer(
            as_of=today.as_of, predictions=answers, failed=failed, **dict(tell_provenance(today))
        )

    def history(
        self, ticker: str, *, until: dt.date | None = None, unit: dt.date | None = None
    ) -> pl.DataFrame:
        """Daily bars of one ticker with moving averages, in the price units of a day, by default the last."""
        served = self._served()
        name = self._name(served, ticker)
        end = min(until or dt.date.max, self.experiment.data.end or dt.date.max)
        prices = self._store.bars.prices((name,), until=end, version=served.data_version)
        return build_history(prices, unit=unit)

    def tickers(self) -> list[str]:
        """What the app offers; others may be typed."""
        return list(self.experiment.universe.tickers)

    def _members(self, served: Served) -> list[str]:
        """Those that are in the universe on the last session."""
        outside = find_outsiders(served.prices)
        return [ticker for ticker in self.tickers() if ticker not in outside]

    def health(self) -> Health:
        champion = self._champion
        if champion.checked is None:
            self.look()
        served, failure = champion.served, champion.failure
        old, old_model = self._tell_old(served) if served else ("", "")
        answering = "degraded" if failure else "old" if old or old_model else "ok"
        return Health(
            status=answering if served else "waiting",
            experiment=self.experiment.name,
            model=self.experiment.model_name,
            version=served.version.version if served else None,
            data_version=served.data_version if served else None,
            seat=seat_of(served.version) if served else None,
            as_of=max(served.latest["as_of"]) if served else None,
            old=old or None,
            old_model=old_model or None,
            checked=champion.checked,
            failure=self._in_one_line(failure) if failure else None,
        )

    def info(self, version: str | None = None) -> Info:
        """The evidence of the served version, or of another."""
        if version is None:
            served = self._served()
            return Info.of(served.version, served=True, old=self.spell_out(served.old))
        registered, present = self._champion.find(version), self._champion.served
        if present is None or present.version.version != registered.version:
            return Info.of(registered, served=False)
        return Info.of(registered, served=True, old=self.spell_out(present.old))

    def _tell_old(self, served: Served) -> tuple[str, str]:
        """That prices are, and that the model is."""
        prices = tell_old(self.experiment, max(served.prices["date"]), now=self._clock())
        return self.spell_out(prices), self.spell_out(served.old)

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
            raise failure if isinstance(failure, ForecastError) else ForecastError(self._in_one_line(failure))
        return champion.served

    def _names(self, served: Served, tickers: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        names, failed = [], {}
        for ticker in tickers:
            try:
                names.append(self._name(served, ticker))
            except UnknownTicker as error:
                failed[ticker] = str(error)
        return list(dict.fromkeys(names)), failed

    def _name(self, served: Served, ticker: str) -> str:
        """The ticker as it is stored. A stranger needs a pooled model and bars of its own."""
        known, given = served.tickers, ticker.strip()
        folded = {name.casefold(): name for name in known}
        if given.casefold() in folded:
            return folded[given.casefold()]
        if served.forecaster.spec.reading.layout == "joint":
            raise UnknownTicker(
                f"'{given}' is none of the tickers that this joint model knows{_offer(given, known)}"
            )
        if given in self.experiment.universe.tickers:
            why = tell_absence(self.experiment, self._store, (given,))[given]
            raise UnknownTicker(f"'{given}': {why}")
        for name in dict.fromkeys((given, given.upper())):
            if self._store.bars.prices((name,), version=served.data_version).height:
                return name
        add = f"add it to universe.tickers and run: candorcast refresh {self.experiment.name}"
        raise UnknownTicker(f"no bars stored for '{given}'{_offer(given, known)}; {add}")

    def _outlook(self, seen: AsOf, tickers: Sequence[str], horizons: Sequence[int]) -> list[TickerForecast]:
        rows = seen.table.filter(pl.col("ticker").is_in(tickers) & pl.col("horizon").is_in(horizons))
        task = self.experiment.task
        ahead = dates_ahead(
            seen.as_of, horizons, calendar=self.experiment.universe.calendar, frequency=task.frequency
        )
        priced = seen.served.forecaster.spec.task.target == "return"
        claims = seen.served.version.evidence.claims
        return build_outlook(rows, seen.close, ahead, priced=priced, claims=claims)

    def _in_one_line(self, failure: Exception | None) -> str:
        """Without the path of the home: health is open to everyone."""
        text = " ".join(str(failure).split()) or type(failure).__name__
        return self.spell_out(text.replace(str(self._home.root), "HOME")[:500])


def choose_horizons(served: Served, asked: Sequence[int] | None) -> tuple[int, ...]:
    """Those asked for, or all; one that the model does not know is refused with those it does."""
    known = served.forecaster.spec.task.horizons
    strange = [horizon for horizon in asked or () if horizon not in known]
    if strange:
        raise InvalidInput(
            f"horizons: {strange[0]} is not forecast; expected any of {', '.join(map(str, known))}"
        )
    return tuple(sorted(set(asked))) if asked else known


def _offer(given: str, known: frozenset[str]) -> str:
    """A near name, or the known ones, as far as a line goes."""
    near = nearest(given.upper(), sorted(known))
    if "did you mean" in near:
        return near
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"; known: {', '.join(sorted(known)[:SHOWN])}{more}"
