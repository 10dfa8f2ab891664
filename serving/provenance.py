"""Says of an answer where it comes from, who gives it, and what of it is proven."""

import polars as pl

from ml_core.claims.unasked import with_unasked
from ml_core.portfolio.legs import strategy_kind
from ml_core.portfolio.market import Market
from ml_core.portfolio.strategies import build_positions
from ml_core.registry.lineage import tell_lineage
from ml_core.registry.seats import CHAMPION, REFERENCE, seat_of, tell_seat
from ml_core.spec.strategy import Strategy
from serving.as_of import AsOf
from serving.messages import ClaimStanding, Position, Provenance


def tell_provenance(seen: AsOf) -> Provenance:
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
        evidence=f"/info?version={version.version}",
    )


def tell_position(seen: AsOf, ticker: str, strategy: Strategy, kind: str) -> Position:
    """What a strategy of this kind would hold of the ticker, and whether it is proven that trading so pays."""
    asked = strategy.of_one_date(kind)
    horizon = asked.horizon or seen.served.forecaster.spec.task.horizons[0]
    kind = strategy_kind(seen.table, asked)
    table = seen.recent if kind == "single" else seen.table
    weights = build_positions(table, asked, horizon=horizon, market=Market(seen.prices))
    own = weights.filter((pl.col("ticker") == ticker) & (pl.col("date") == seen.as_of))
    judged = kind == strategy_kind(seen.table, strategy)
    claims = seen.served.version.evidence.claims
    proven = judged and any(one.proven for one in claims if one.claim == "money")
    return Position(strategy=kind, horizon=horizon, weight=sum(own["weight"]), proven=proven)


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
    if target != "return":
        notes.append(f"The model forecasts a ticker's {target} among the others, so no price follows.")
    return notes
