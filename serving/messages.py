"""What the API gives, as documented models. The app shows the same answers."""

import datetime as dt
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from ml_core.claims.verdict import ClaimVerdict, Standing
from ml_core.features.selection import Choice
from ml_core.registry.account import Backtest
from ml_core.registry.certified import Certified
from ml_core.registry.evidence import Holdout, Oracle, Trained
from ml_core.registry.refit import Refit
from ml_core.registry.scores import CoverageRow, FanRow, Score
from ml_core.registry.searched import Searched
from ml_core.registry.seats import Seat, tell_seat
from ml_core.registry.verdict import Verdict
from ml_core.registry.version import ModelVersion
from ml_core.spec.ensemble import Spec
from ml_core.vocabulary import words
from ml_core.vocabulary.words import listed

DISCLAIMER = (
    "For research and education. A forecast is an estimate with a wide margin of error, not investment advice; "
    "past accuracy does not promise future accuracy."
)


class Message(BaseModel):
    """Frozen, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InnerRange(Message):
    """A narrower range around the mean, in log returns. What it held on the holdout: `fan` of the evidence."""

    level: float = Field(description="Share of outcomes that it is meant to hold.")
    lower: float
    upper: float
    price_lower: float | None
    price_upper: float | None


class HorizonForecast(Message):
    """The forecast of one horizon. `mean`, `lower`, `upper`, `scale` are log returns; changes are simple ones."""

    horizon: int = Field(description="Sessions ahead (weeks, if the experiment is weekly).")
    date: dt.date = Field(description="The session it is about, by the exchange's calendar.")
    mean: float | None
    lower: float | None
    upper: float | None
    scale: float | None
    change: float | None = Field(description="Expected change of the price: 0.01 is one percent.")
    change_lower: float | None
    change_upper: float | None
    price: float | None = Field(
        description="What the mean implies; null where the target is no price change."
    )
    price_lower: float | None
    price_upper: float | None
    inner: list[InnerRange] = Field(
        description="Narrower ranges, the narrowest first; none of a model whose file is older than they."
    )
    proven: list[str] = Field(description=f"What of this is proven: {'; '.join(words.CLAIMS.values())}.")


class TickerForecast(Message):
    """Everything forecast for one ticker."""

    ticker: str
    as_of: dt.date = Field(description="The last session the forecast looked at.")
    last_close: float = Field(description="The close of that session, as traded.")
    forecasts: list[HorizonForecast]


class Position(Message):
    """What a strategy would hold after `as_of`, by the forecasts of that date: without smoothing, gate, volatility
    targets and drawdown control, which remember earlier ones. `single` measures a conviction by those of the year
    before, and `regime` the market's state by its returns up to that date."""

    strategy: str
    horizon: int = Field(description="The shortest that it trades.")
    weight: float = Field(description="Share of the equity; negative is short.")
    proven: bool = Field(description="Whether it is proven that trading the experiment's own strategy pays.")


class ClaimStanding(Message):
    """Whether one thing that a forecast says was proven, at one horizon."""

    claim: str = Field(description=f"One of {listed(list(words.CLAIMS))}.")
    horizon: int
    standing: Standing
    p: float | None = Field(description="After paying for every claim and horizon that was asked.")
    why: str = Field(description="What decided it; of one that was not asked, why not.")


class Provenance(Message):
    """Where an answer comes from and what it is worth."""

    model: str
    version: str = Field(description="Version of the registered model that answered.")
    seat: Seat | None = Field(
        description="champion has earned it, reference answers until one has, challenger was refused."
    )
    told: str = Field(description="The seat in words, with what the gate refused.")
    data_version: int = Field(description="Version of the stored bars that it read.")
    level: float = Field(description="Share of outcomes that lower to upper is meant to hold.")
    frequency: str = Field(description="daily or weekly: what one step of a horizon is.")
    target: str = Field(description="return, excess (over the tickers' average) or rank.")
    in_sample: bool = Field(description="True where the model has been trained on this date.")
    claims: list[ClaimStanding] = Field(
        description="Proven by itself, or not: on the holdout of this version, or of the one it was fitted again from."
    )
    lineage: str = Field(
        "",
        description="Of a model that was fitted again: which version was judged, and how fresh this one is.",
    )
    notes: list[str]
    evidence: str = Field(description="Where the evidence for this version stands.")
    disclaimer: str = DISCLAIMER


class SingleAnswer(TickerForecast, Provenance):
    """The forecast of one ticker with its provenance."""

    position: Position | None = None

    @property
    def says_direction(self) -> bool:
        """A reference says how far a price may go, and no more."""
        return self.seat != "reference"


class BatchAnswer(Provenance):
    """The forecasts that could be made, and why the others could not."""

    as_of: dt.date
    predictions: list[TickerForecast]
    positions: dict[str, Position] | None = Field(
        None, description="Ticker: what the strategy that was asked for would hold."
    )
    failed: dict[str, str] = Field(description="Ticker: reason.")


class Health(Message):
    """`ok`: answering. `old`: answering from prices that end too long ago, see `old`, or with a model that was not
    fitted again for too long, see `old_model`. `degraded`: answering with what is known good, see `failure`. `waiting`:
    no model yet."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "ok", "model": "demo.simulated", "version": "3"}]}
    )

    status: Literal["ok", "old", "degraded", "waiting"]
    experiment: str
    model: str
    version: str | None = None
    seat: Seat | None = None
    data_version: int | None = None
    as_of: dt.date | None = None
    old: str | None = Field(None, description="Since when newer prices are missing, and what brings them.")
    old_model: str | None = Field(
        None, description="Since when the model has learned nothing new, and what fits it again."
    )
    checked: dt.datetime | None = Field(None, description="When registry and store were last looked at.")
    failure: str | None = None


class Info(Message):
    """A registered model and the evidence it was judged by."""

    model: str
    version: str
    aliases: list[str]
    created: dt.datetime
    told: str = Field(description="Where it sits in words, and for ever whether by force.")
    served: bool = Field(description="Whether this version answers predictions now.")
    old: str | None = Field(
        description="Of the one that answers: that it is old, since when, and what fits it again."
    )
    refit: Refit | None = Field(
        description="Of a model that was fitted again: from which version, through when, and how it does beside it. "
        "Holdout, scores, claims, search and backtest are those of the version that was judged."
    )
    tickers: list[str]
    horizons: list[int]
    frequency: str
    target: str
    data_version: int = Field(description="Version of the bars it was trained on.")
    trained: Trained
    holdout: Holdout
    scores: tuple[Score, ...] = Field(description="Each metric beside each baseline on the same rows.")
    coverage: tuple[CoverageRow, ...] = Field(
        description="Share of holdout outcomes inside the interval by horizon: all, by volatility, by year."
    )
    fan: tuple[FanRow, ...] = Field(description="The narrower ranges, and what they held on the holdout.")
    choice: tuple[Choice, ...] = Field(description="The features it reads, and why they were chosen.")
    gate: Verdict
    claims: tuple[ClaimVerdict, ...] = Field(
        description="What the forecast says, each claim judged by itself at each horizon on the holdout."
    )
    search: Searched
    backtest: Backtest
    oracle: Oracle | None
    spec: Spec = Field(description="Everything that was fitted: one spec, or several that answer as one.")
    certificate: Certified | None = Field(
        None,
        description="The last certificate that was signed of it: digest of the file, signer; null without one.",
    )
    disclaimer: str = DISCLAIMER

    @classmethod
    def of(cls, registered: ModelVersion, *, served: bool, old: str = "") -> Self:
        """What was judged, on which dates, by which scores and checks."""
        spec, evidence = registered.spec, registered.evidence
        return cls(
            model=registered.name,
            version=registered.version,
            aliases=list(registered.aliases),
            created=registered.created,
            told=tell_seat(registered),
            served=served,
            old=old or None,
            refit=evidence.refit,
            tickers=list(evidence.tickers),
            horizons=list(spec.task.horizons),
            frequency=spec.task.frequency,
            target=spec.task.target,
            data_version=evidence.data_version,
            trained=evidence.trained,
            holdout=evidence.holdout,
            scores=evidence.scores,
            coverage=evidence.coverage,
            fan=evidence.fan,
            choice=evidence.choice,
            gate=evidence.gate,
            claims=evidence.claims,
            search=evidence.search,
            backtest=evidence.backtest,
            oracle=evidence.oracle,
            spec=spec,
            certificate=registered.certificate,
        )


class Problem(BaseModel):
    """Every error has this shape."""

    error: str = Field(description="One line.", examples=["no bars stored for XYZ; known: AAPL, MSFT"])
