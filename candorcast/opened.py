"""An experiment as Python holds it: the verbs of the command line as methods, which call the same functions and give
back what these give. Tables are polars frames; `.to_pandas()` makes pandas of one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from candorcast.asked import AnyDay, read_count, read_day
from candorcast.calling import as_call, tells_calls
from candorcast.verbs import Progress
from ml_core.data.order import REFRESH_WAIT, Order, place_order
from ml_core.errors import InvalidInput
from ml_core.home.settings import Home, Settings
from ml_core.spec.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from candorcast.account import Traded
    from candorcast.papers import Reported
    from ml_core.audit.rebuild import Rebuilt
    from ml_core.data.intake.refreshed import Refreshed
    from ml_core.data.overview import Overview
    from ml_core.evaluation.leakage import Audit
    from ml_core.explain.attribution import ForecastPart
    from ml_core.lineage.origin import ForecastOrigin
    from ml_core.lineage.stale import Stale
    from ml_core.live.look import Looked
    from ml_core.monitoring.watch import Watched
    from ml_core.prediction.answer import Answer
    from ml_core.registry.certified import Certified
    from ml_core.registry.evidence import Evidence
    from ml_core.registry.version import ModelVersion
    from ml_core.reporting.document.document import PaperFormat
    from ml_core.walkforward.judging import Evaluation


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Opened:
    """An experiment with its source opened and checked, and the home. Nothing is printed; `progress=print` of a long
    verb tells where it stands. What can be explained is raised as a ForecastError."""

    order: Order
    settings: Settings

    @classmethod
    def of(cls, experiment: Experiment, home: Home, settings: Settings) -> Opened:
        return cls(place_order(experiment, home), settings)

    def __repr__(self) -> str:
        tickers = len(self.experiment.universe.tickers)
        return f"<experiment {self.order.name}: {tickers} tickers, home {self.home.root}>"

    @property
    def experiment(self) -> Experiment:
        """All that its file says, section by section."""
        return self.order.experiment

    @property
    def home(self) -> Home:
        return self.order.home

    @property
    def learning(self) -> Experiment:
        """The experiment, its model, features, training and search checked."""
        from tuning.check import check_learning

        check_learning(self.experiment)
        return self.experiment

    @tells_calls
    def refresh(self, *, progress: Progress = None) -> Refreshed:
        """Fetch what was traded since, check it and store it."""
        from ml_core.data.intake.refresh import refresh

        def tell(ticker: str, number: int, total: int) -> None:
            if progress:
                progress(f"{number}/{total} {ticker}")

        with self.order.alone("refresh", wait=REFRESH_WAIT):
            return refresh(self.experiment, self.home, now=_now(), progress=tell)

    @tells_calls
    def data(self) -> Overview:
        """Coverage, quarantine, repairs, jumps and stationarity of the stored bars, a frame each."""
        from ml_core.data.overview import read_overview

        return read_overview(self.experiment, self.home)

    @tells_calls
    def prices(self, *, until: AnyDay = None) -> pl.DataFrame:
        """PRICES as every step reads them: adjusted, at the experiment's frequency."""
        from ml_core.data.prices import read_prices

        return read_prices(self.experiment, self.home, until=read_day("until", until))

    @tells_calls
    def missing(self) -> dict[str, str]:
        """The tickers without bars, each with the reason."""
        from ml_core.data.prices import read_prices, tell_absent

        prices = read_prices(self.experiment, self.home)
        told = tell_absent(self.experiment, self.home, prices, compared=True)
        return {ticker: as_call(why) for ticker, why in told.items()}

    @tells_calls
    def features(self) -> pl.DataFrame:
        """(ticker, date, …): the features that the experiment may choose from, of every session."""
        from ml_core.features.table import build_features, chosen_names

        prices = self.prices()
        names = chosen_names(self.experiment.features, prices.columns)
        return build_features(prices, names).table

    @tells_calls
    def evaluate(self, *, progress: Progress = None) -> Evaluation:
        """The file's own model walked forward: its forecasts, scores beside every baseline, coverage and money."""
        from ml_core.data.prices import read_benchmark, read_prices
        from ml_core.walkforward.walk import evaluate

        experiment = self.learning
        prices, benchmark = read_prices(experiment, self.home), read_benchmark(experiment, self.home)
        return evaluate(experiment, prices, benchmark=benchmark, progress=progress)

    @tells_calls
    def audit(self, *, dates: int = 12, seed: int = 0, progress: Progress = None) -> Audit:
        """Look-ahead: later prices are changed, and nothing earlier may move."""
        from candorcast.verbs import audit

        asked = read_count("dates", dates, least=3)
        return audit(self.learning, self.home, dates=asked, seed=seed, progress=progress)

    @tells_calls
    def search(
        self, *, trials: int | None = None, afresh: bool = False, progress: Progress = None
    ) -> ModelVersion:
        """Search, judge and register; the version that was judged, with its evidence. Asked again it goes on, or gives
        back what was chosen on the prices that are stored."""
        from candorcast.verbs import search

        if trials is not None:
            read_count("trials", trials, least=1)
        address = self.settings.ray_address
        order = Order(self.learning, self.order.store)
        return search(order, trials=trials, afresh=afresh, address=address, now=_now(), progress=progress)

    @tells_calls
    def ledger(self) -> pl.DataFrame:
        """Every trial that was ever run, a row each."""
        from tuning.past import as_table, read_past

        if past := read_past(self.learning, self.home):
            return as_table(past)
        raise InvalidInput(f"no trial was run for {self.experiment.name} yet; run: .search()")

    @tells_calls
    def predict(
        self,
        *,
        as_of: AnyDay = None,
        version: str | None = None,
        corrected: bool = False,
        progress: Progress = None,
    ) -> Answer:
        """The forecasts of the last session, or of a past day as on that day; `table` holds them. They are kept, as
        those of the command line are."""
        from candorcast.verbs import predict

        day = read_day("as_of", as_of)
        return predict(self.order, day, version=version, corrected=corrected, clock=_now, progress=progress)

    @tells_calls
    def explain(
        self,
        ticker: str | None = None,
        *,
        as_of: AnyDay = None,
        version: str | None = None,
        horizon: int | None = None,
        of: ForecastPart = "level",
    ) -> pl.DataFrame:
        """(ticker, as_of, horizon, of, name, words, lag, share): what moved a forecast, or those of all tickers; the
        shares of a ticker add up to its forecast."""
        from candorcast.verbs import explain

        day = read_day("as_of", as_of)
        return explain(self.order, ticker, as_of=day, version=version, horizon=horizon, of=of)

    @tells_calls
    def backtest(
        self,
        *,
        start: AnyDay = None,
        end: AnyDay = None,
        version: str | None = None,
        walk: bool = False,
        forecasts: pl.DataFrame | pd.DataFrame | Path | str | None = None,
        trials: int | None = None,
        progress: Progress = None,
    ) -> Traded:
        """The strategy, traded on what a version never learned from, on the file's own model walked forward (`walk`),
        or on forecasts: rows such as `evaluate().forecasts`, or at least (ticker, as_of, horizon, mean)."""
        from candorcast.verbs import DecisionSpan, backtest

        experiment = self.learning if walk else self.experiment
        span = DecisionSpan(read_day("start", start), read_day("end", end))
        asked = {"version": version, "walk": walk, "forecasts": forecasts}
        return backtest(experiment, self.home, span, **asked, trials=trials, progress=progress)

    @tells_calls
    def versions(self) -> list[ModelVersion]:
        """Registered versions, newest first."""
        from ml_core.registry.versions import Registry

        return Registry(self.home).versions(self.order.name)

    @tells_calls
    def evidence(self, version: str | None = None) -> Evidence:
        """All that a version was judged by: a number or a seat; by default of who answers."""
        from ml_core.registry.versions import Registry

        return Registry(self.home).find(self.order.name, version).evidence

    @tells_calls
    def claims(self, version: str | None = None) -> pl.DataFrame:
        """(claim, horizon, standing, p, adjusted, dates, why): what of a version's forecasts is proven."""
        import polars as pl

        names = ("claim", "horizon", "standing", "p", "adjusted", "dates", "why")
        rows = [{name: getattr(one, name) for name in names} for one in self.evidence(version).claims]
        return pl.DataFrame(rows, infer_schema_length=None)

    @tells_calls
    def report(
        self,
        version: str | None = None,
        *,
        out: Path | str | None = None,
        paper: PaperFormat = "a4",
    ) -> Reported:
        """All that is known of a version, its first page in plain words. `out`: also a file to hand on, .docx, .html or
        .pdf, on `paper` a4 or letter."""
        from candorcast.papers import report

        return report(self.order, version, out=out, paper=paper, now=_now())

    @tells_calls
    def lineage(
        self, ticker: str | None = None, *, as_of: AnyDay = None, version: str | None = None
    ) -> list[ForecastOrigin]:
        """Of kept forecasts of a session (by default the newest): the bars that were read, what fitted the version, who
        wrote them when. `rows` of each is a frame."""
        from ml_core.lineage.origin import trace

        return trace(self.order, session=read_day("as_of", as_of), ticker=ticker, version=version)

    @tells_calls
    def stale(self, version: str | None = None) -> Stale:
        """What edited bars make stale: `edits` and `forecasts` are frames, `versions` who learned from them."""
        from ml_core.lineage.stale import find_stale

        return find_stale(self.order, version=version)

    @tells_calls
    def rebuild(self, version: str | None = None) -> Rebuilt:
        """Fit a version again from its own recipe and bars, and compare the files byte by byte."""
        from ml_core.audit.rebuild import rebuild
        from ml_core.registry.versions import Registry

        return rebuild(Registry(self.home).find(self.order.name, version), self.home)

    @tells_calls
    def certify(
        self,
        out: Path | str,
        *,
        version: str | None = None,
        key: Path | str | None = None,
        new_key: bool = False,
    ) -> Certified:
        """Sign all that was found of a version into a file that `candorcast.recheck` checks. `key`: your Ed25519 key,
        by default CANDORCAST_SIGNING_KEY; `new_key` makes one there."""
        from candorcast.papers import certify

        given = self.settings.signing_key
        return certify(self.order, version, out=out, key=key, new_key=new_key, given=given, now=_now())

    @tells_calls
    def live(self) -> Looked:
        """Score what has come of what was forecast, and let the seat follow."""
        from ml_core.live.look import look

        return look(self.order)

    @tells_calls
    def monitor(self) -> Watched:
        """Look whether what a forecast rests on still holds."""
        from ml_core.monitoring.watch import watch

        return watch(self.order, now=_now())
