"""Says of an answer where it comes from, who gives it, and what of it is proven."""

from collections.abc import Iterable

import polars as pl

from ml_core.claims.unasked import with_unasked
from ml_core.portfolio.legs import legs_of, strategy_kind
from ml_core.portfolio.market import Market
from ml_core.portfolio.strategies import build_positions
from ml_core.registry.lineage import tell_lineage
from ml_core.registry.seats import CHAMPION, REFERENCE, seat_of, tell_seat
from ml_core.reporting.rivals import tell_rivals
from ml_core.spec.strategy import Strategy
from serving.as_of import AsOf
from serving.judged import pays
from serving.messages import ClaimStanding, Position, Provenance
from serving.strategies import Named, is_own, of_one_date


def tell_provenance(seen: AsOf, experiment: str) -> Provenance:
    """The version that answers, and what a reader has to know of it."""
    version, task = seen.served.version, seen.served.forecaster.spec.task
    return Provenance(
        model=version.name,
        version=version.version,
        seat=seat_of(version),
        told=tell_seat(version),
        data_version=seen.data_version,
        level=seen.served.forecaster.calibration.level,
        frequency=task.frequency,
        target=task.target,
        in_sample=seen.learned,
        claims=[
            ClaimStanding(
                claim=one.claim, horizon=one.horizon, standing=one.standing, p=one.adjusted, why=one.why
            )
            for one in with_unasked(version.evidence.claims)
        ],
        lineage=tell_lineage(version),
        notes=_notes(seen),
        evidence=f"/info?version={version.version}&experiment={experiment}",
    )


def tell_positions(seen: AsOf, tickers: Iterable[str], own: Strategy, name: Named) -> dict[str, Position]:
    """What that strategy would hold of each ticker, and whether it is proven that trading so pays."""
    asked = of_one_date(name, own, seen.served.forecaster.spec.task.horizons)
    kind, horizon = strategy_kind(seen.table, asked), _traded(seen, asked)
    proven = is_own(name, own, kind=kind, own_kind=strategy_kind(seen.table, own)) and pays(
        seen.served.version
    )
    weights, told = _weigh(seen, asked), kind if name == "auto" else name
    shortest = min(leg.horizon for leg in legs_of(asked, horizon=horizon))
    return {
        ticker: Position(strategy=told, horizon=shortest, weight=weights.get(ticker, 0.0), proven=proven)
        for ticker in tickers
    }


def tell_weights(seen: AsOf, strategy: Strategy) -> dict[str, float]:
    """What the experiment's own strategy would hold of each ticker, by the forecasts of this date."""
    return _weigh(seen, strategy.of_one_date(strategy.kind))


def _weigh(seen: AsOf, strategy: Strategy) -> dict[str, float]:
    alone = any(strategy_kind(seen.table, how) == "single" for how in strategy.sizings)
    table = seen.recent if alone else seen.table
    weights = build_positions(
        table, strategy, horizon=_traded(seen, strategy), market=Market(seen.prices)
    ).filter(pl.col("date") == seen.as_of)
    return dict(weights.group_by("ticker").agg(pl.col("weight").sum()).iter_rows())


def _traded(seen: AsOf, strategy: Strategy) -> int:
    return strategy.horizon or seen.served.forecaster.spec.task.horizons[0]


def _notes(seen: AsOf) -> list[str]:
    version, target = seen.served.version, seen.served.forecaster.spec.task.target
    notes, seat = [], seat_of(version)
    if seat == REFERENCE:
        notes.append("The reference says how far a price may go, and no direction.")
    elif seat != CHAMPION or version.forced:
        notes.append(f"{tell_seat(version).capitalize()}.")
    if lineage := tell_lineage(version):
        notes.append(f"{lineage.capitalize()}.")
    if seen.learned:
        notes.append("The model learned from this date: what it says about it proves nothing.")
    notes += [f"{sentence.capitalize()}." for sentence in seen.told]
    if seat != REFERENCE and (rivals := tell_rivals(version)):
        notes.append(rivals)
    if target != "return":
        notes.append(f"The model forecasts a ticker's {target} among the others, so no price follows.")
    return notes
