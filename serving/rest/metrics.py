"""Counts what the server does, and writes it as Prometheus reads it."""

import datetime as dt
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from serving.condition import Ready, ServedCondition
from serving.door.request_watch import SeenRequest
from serving.experiments import Experiments

KIND = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds
Sample = tuple[str, Mapping[str, str], float]


@dataclass(frozen=True)
class Family:
    """What is measured, and its samples: a suffix of the name, labels and a value."""

    name: str
    kind: str
    about: str
    samples: tuple[Sample, ...]


class Requests:
    """Requests by route, method and status, and how long they took."""

    def __init__(self) -> None:
        self._ended: Counter[tuple[str, str, int]] = Counter()
        self._within: Counter[tuple[str, int]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def note(self, seen: SeenRequest) -> None:
        self._ended[seen.route, seen.method, seen.status] += 1
        self._within[seen.route, bisect_left(BOUNDS, seen.seconds)] += 1
        self._seconds[seen.route] += seen.seconds

    def families(self) -> Iterator[Family]:
        ended = sorted(self._ended.copy().items())
        counts = (
            ("", {"route": route, "method": method, "status": f"{status}"}, float(count))
            for (route, method, status), count in ended
        )
        about = "Requests that have ended; 499: the visitor left before."
        yield Family("candorcast_requests_total", "counter", about, tuple(counts))
        seconds, within = self._seconds.copy(), self._within.copy()
        about = "How long requests took until the last byte was sent."
        samples = (one for route in sorted(seconds) for one in _histogram(route, within, seconds[route]))
        yield Family("candorcast_request_seconds", "histogram", about, tuple(samples))


def write_metrics(families: Iterable[Family]) -> str:
    """The text that a scraper reads."""
    lines = []
    for one in families:
        lines += [f"# HELP {one.name} {one.about}", f"# TYPE {one.name} {one.kind}"]
        lines += [f"{one.name}{suffix}{_labels(labels)} {value!r}" for suffix, labels, value in one.samples]
    return "\n".join(lines) + "\n"


def served_families(experiments: Experiments) -> Iterator[Family]:
    """What is served of each experiment and how old it is."""
    families: dict[str, Family] = {}
    for name in experiments.names:
        service = experiments.opened.get(name)
        for one in _families_of(service.condition) if service else _CLOSED:
            labelled = tuple(
                (suffix, {"experiment": name, **labels}, value) for suffix, labels, value in one.samples
            )
            before = families[one.name].samples if one.name in families else ()
            families[one.name] = replace(one, samples=before + labelled)
    yield from families.values()


def _families_of(condition: ServedCondition) -> Iterator[Family]:
    """Nothing of a model where none is served."""
    champion, ready = condition.champion, condition.ready()
    yield _ready(isinstance(ready, Ready))
    degraded = isinstance(ready, Ready) and ready.status == "degraded"
    yield _single("candorcast_degraded", "gauge", "1 if something newer cannot be served.", degraded)
    about = "Times that who answers, or the prices that are read, changed."
    yield _single("candorcast_swaps_total", "counter", about, champion.swaps)
    about = "Looks for something newer that failed; what was good before goes on."
    yield _single("candorcast_failed_looks_total", "counter", about, champion.failed_looks)
    served = champion.served
    if served is None:
        return
    now = condition.market_clock(served)
    about = "Seconds since the day of the newest stored session ended (UTC); 0 where the market is simulated or ended."
    yield _single("candorcast_data_age_seconds", "gauge", about, _age(max(served.prices["date"]), now))
    about = "Seconds since the day before the first session that the model did not learn from ended (UTC)."
    learned = served.version.evidence.unseen - dt.timedelta(days=1)
    yield _single("candorcast_model_age_seconds", "gauge", about, _age(learned, now))
    about = "1 of each claim that is proven of the version that answers, on its holdout or live."
    horizons = served.forecaster.spec.task.horizons
    proven = tuple(
        ("", {"claim": claim, "horizon": f"{horizon}", "version": served.version.version}, 1.0)
        for horizon in horizons
        for claim in served.version.proves(horizon)
    )
    yield Family("candorcast_claim_proven", "gauge", about, proven)


def _single(name: str, kind: str, about: str, value: float) -> Family:
    return Family(name, kind, about, (("", {}, float(value)),))


def _ready(answers: bool) -> Family:
    return _single("candorcast_ready", "gauge", "1 if predictions are answered.", answers)


_CLOSED = (_ready(False),)


def _age(day: dt.date, now: dt.datetime) -> float:
    ended = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)
    return max((now - ended).total_seconds(), 0.0)


def _histogram(route: str, within: Mapping[tuple[str, int], int], seconds: float) -> Iterator[Sample]:
    """Prometheus counts each bucket with all that are smaller."""
    total = 0
    for place, bound in enumerate((*map(str, BOUNDS), "+Inf")):
        total += within.get((route, place), 0)
        yield "_bucket", {"route": route, "le": bound}, float(total)
    yield "_sum", {"route": route}, seconds
    yield "_count", {"route": route}, float(total)


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    escaped = (f'{name}="{_escape(value)}"' for name, value in labels.items())
    return f"{{{','.join(escaped)}}}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
