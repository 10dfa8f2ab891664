"""Tells why a forecast says what it says: what moved it, and what each other method finds of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from pydantic import Field

from ml_core.data.order import Order
from ml_core.errors import NotEnoughData
from ml_core.explain.attribution import ForecastPart
from ml_core.explain.method import ask_all
from ml_core.explain.methods.alike import Alike
from ml_core.explain.methods.attention import Attention
from ml_core.explain.methods.counterfactual import Counterfactual
from ml_core.explain.methods.moved import Moved
from ml_core.explain.spoken import tell_later, tell_unproven
from ml_core.prediction.answer import stamp, unanswered
from ml_core.vocabulary import words
from ml_core.vocabulary.words import listed
from serving.as_of import AsOf, PastAnswers
from serving.champion import Served
from serving.messages import Provenance
from serving.provenance import tell_provenance
from serving.surveyed import Surveys
from serving.tickers import find_name


class Explained(Provenance):
    """One forecast explained."""

    ticker: str
    as_of: dt.date = Field(description="The last session the forecast looked at.")
    horizon: int = Field(description="Sessions ahead (weeks, if the experiment is weekly).")
    proven: list[str] = Field(
        description=f"What of this forecast is proven, of {listed(list(words.CLAIMS))}."
    )
    unproven: str = Field(description="That the explained number is not proven; empty where it is.")
    moved: Moved = Field(
        description="What each input adds: forecast = base + the shares of all pieces, in log returns (of a scale: in "
        "logarithms). Lag 0 is the last session."
    )
    attention: Attention | None = Field(
        None, description="How much of its attention the model gives each session, the last one first."
    )
    alike: Alike | None = Field(
        None,
        description="The past windows that moved the model most like this one, and what came; of level alone.",
    )
    counterfactual: Counterfactual | None = Field(
        None,
        description="The smallest change that was found of today's inputs, within what the data has shown, that turns "
        "the sign; of level alone. Each input is changed by itself: such changes may not occur together in the market.",
    )
    silent: dict[str, str] = Field(description="Method: why it tells nothing of this forecast.")


class Explanations:
    """Of whoever answers, or of that version, on the newest session or a past day."""

    def __init__(
        self,
        order: Order,
        at: Callable[[dt.date | None, str | None], tuple[Served, bool]],
        past: PastAnswers,
    ) -> None:
        self._order, self._at, self._past = order, at, past
        self.surveys = Surveys(order)

    def tell(
        self,
        ticker: str,
        *,
        horizon: int | None = None,
        of: ForecastPart = "level",
        date: dt.date | None = None,
        version: str | None = None,
        field: str = "date",
    ) -> Explained:
        """What moved that forecast. `field`: what the date is called where it was asked for."""
        seen, name, ahead = self._see(ticker, horizon, date, version, field)
        answers, silent = ask_all(seen.scene.about(name, ahead), of)
        rows = stamp(seen.scene.table, seen.served.version).filter(ticker=name, horizon=ahead)
        proven = str(rows["proven"][0]).split()
        provenance = tell_provenance(seen, self._order.experiment.name)
        later = tell_later(seen.as_of, seen.served.version.evidence.trained.end)
        return Explained(
            **{**dict(provenance), "notes": [*provenance.notes, *(f"{one.capitalize()}." for one in later)]},
            ticker=name,
            as_of=seen.as_of,
            horizon=ahead,
            proven=proven,
            unproven=tell_unproven(of, ahead, proven, learned=seen.as_of if seen.learned else None),
            silent=silent,
            **answers,
        )

    def _see(
        self, ticker: str, horizon: int | None, date: dt.date | None, version: str | None, field: str
    ) -> tuple[AsOf, str, int]:
        """Who said it of what, by when, and how far ahead."""
        served, then = self._at(date, version)
        name = find_name(self._order, served, ticker)
        (ahead, *_) = served.choose_horizons([horizon] if horizon else None, key="horizon")
        stranger = None if name in served.tickers else name
        seen = self._past.at(served, date, stranger=stranger, then=then, field=field)
        if name not in seen.scene.tickers:
            why = unanswered((name,), seen.table, seen.prices, served.forecaster)
            raise NotEnoughData(f"no forecast for {name} as of {seen.as_of}: {why.get(name, 'no number')}")
        return seen, name, ahead
