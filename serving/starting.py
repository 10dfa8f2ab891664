"""Starts a run, if what it is asked of is there: one that cannot do what was asked would keep its home busy until it
has failed."""

from collections.abc import Mapping

from ml_core.data.order import Order
from ml_core.errors import InvalidInput
from ml_core.registry.versions import Registry
from serving.runs.request import RunRequest
from serving.runs.run import Run
from serving.service import Service


def start_run(service: Service, asked: RunRequest, *, by: str, names: Mapping[str, str] | None = None) -> Run:
    """`names`: what a parameter is called where it was asked for, if not by its field."""
    _require_session(service.order, asked, names or {})
    _require_version(service.order, asked, names or {})
    return service.desk.start(asked, by=by)


def _require_session(order: Order, asked: RunRequest, names: Mapping[str, str]) -> None:
    """Where no bar is stored yet the run itself says so."""
    spans = list(order.store.bars.spans(order.experiment.universe.tickers).values())
    if asked.day is None or not spans:
        return
    first, last = min(begin for begin, _, _ in spans), max(end for _, end, _ in spans)
    if not first <= asked.day <= last:
        field = names.get("as_of", asked.day_field)
        raise InvalidInput(
            f"{field}: no session of {asked.day} is stored; expected a day from {first}, the first one, to {last}, "
            "the newest"
        )


def _require_version(order: Order, asked: RunRequest, names: Mapping[str, str]) -> None:
    if asked.version is None:
        return
    try:
        Registry(order.home).find(order.name, asked.version)
    except InvalidInput as error:
        raise InvalidInput(f"{names.get('version', 'version')}: {error}") from None
