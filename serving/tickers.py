"""Finds the ticker that a visitor means, or says why it cannot be answered and which can."""

from collections.abc import Sequence

from ml_core.data.absence import tell_absence
from ml_core.data.order import Order
from ml_core.errors import UnknownTicker
from ml_core.spec.choices import nearest
from serving.champion import Served

SHOWN = 12


def find_names(order: Order, served: Served, tickers: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Each as it is stored, once; those that cannot be answered with the reason."""
    names, failed = [], {}
    for ticker in tickers:
        try:
            names.append(find_name(order, served, ticker))
        except UnknownTicker as error:
            failed[ticker] = str(error)
    return list(dict.fromkeys(names)), failed


def find_name(order: Order, served: Served, ticker: str) -> str:
    """The ticker as it is stored. A stranger needs a pooled model and bars of its own."""
    experiment = order.experiment
    known, given = served.tickers, ticker.strip()
    folded = {name.casefold(): name for name in known}
    if given.casefold() in folded:
        return folded[given.casefold()]
    if served.forecaster.spec.joint:
        raise UnknownTicker(
            f"'{given}' is none of the tickers that this joint model knows{_offer(given, known)}"
        )
    if given in experiment.universe.tickers:
        why = tell_absence(experiment, order.store, (given,))[given]
        raise UnknownTicker(f"'{given}': {why}")
    for name in dict.fromkeys((given, given.upper())):
        if order.store.bars.prices((name,), version=served.data_version).height:
            return name
    raise UnknownTicker(_tell_unstored(order, given, known))


def may_be_fetched(order: Order, served: Served, given: str) -> bool:
    """Whether its source can be asked for a ticker of which nothing, or nothing new, is stored."""
    pooled = not served.forecaster.spec.joint
    return pooled and given not in order.experiment.universe.tickers and order.source.asked_by_name


def _tell_unstored(order: Order, given: str, known: frozenset[str]) -> str:
    offer, source = _offer(given, known), order.source
    silent = f"and the source {source.name} cannot be asked for a ticker by its name"
    how = "which whoever may start runs can fetch by POST /tickers" if source.asked_by_name else silent
    joined = " If not," if offer.endswith("?") else ";"
    add = f"add it to universe.tickers and run: candorcast refresh {order.experiment.name}"
    return f"no bars stored for '{given}', {how}{offer}{joined} {add}"


def _offer(given: str, known: frozenset[str]) -> str:
    """A near name, or the known ones, as far as a line goes."""
    near = nearest(given.upper(), sorted(known))
    if "did you mean" in near:
        return near
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"; known: {', '.join(sorted(known)[:SHOWN])}{more}"
