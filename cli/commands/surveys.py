"""`explain --importance` and `explain --dependence`: what a model hangs on over the holdout on which it was judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.output import open_output
from cli.screens import surveys as screen
from cli.session import DONE, Session
from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.spec.plain import plain

if TYPE_CHECKING:
    from ml_core.explain.attribution import ForecastPart
    from ml_core.explain.stretch import Stretch
    from ml_core.registry.version import ModelVersion


def survey(
    session: Session,
    name: str,
    *,
    version: str | None,
    horizon: int | None,
    of: ForecastPart,
    out: Path | None,
    seed: int,
) -> int:
    """`name`: which survey, by its file."""
    from ml_core.explain.spoken import CLAIM_OF, tell_unproven
    from ml_core.explain.stretch import open_holdout
    from ml_core.explain.survey import load_survey
    from ml_core.registry.versions import Registry

    if name == "dependence" and of == "order":
        raise InvalidInput("--of order: with --dependence expected level or scale")
    write = open_output(out) if out else None
    registry = Registry(session.order.home)
    session.terminal.step("reading the holdout as it was")
    named = registry.find(session.order.name, version)
    stretch, judged = open_holdout(session.order, registry, named)
    asked, kind = horizon or stretch.windows.horizons[0], load_survey(name)
    if why := kind.excuse(stretch):
        raise NotEnoughData(f"version {judged.version}: {why}")
    session.terminal.step(
        f"asking version {judged.version} again and again, with inputs that are not those that were"
    )
    surveyed: Any = kind.tell(stretch, asked, seed)
    if name == "importance" and (why := surveyed.silent.get(CLAIM_OF[of])):
        raise NotEnoughData(f"--of {of}: {why}")
    proven, (rows, lines) = named.proves(asked), SCREENS[name]
    if write:
        write(rows(surveyed))
    for line in lines(_Told(stretch, judged, surveyed, of, note=tell_unproven(of, asked, proven))):
        session.terminal.say(line)
    session.terminal.document(
        {
            "model": session.order.name,
            "version": judged.version,
            "horizon": asked,
            "proven": proven,
            "of": of,
            name: plain(surveyed),
        }
    )
    return DONE


@dataclass(frozen=True)
class _Told:
    """What a survey has found, and of whom."""

    stretch: Stretch
    judged: ModelVersion
    found: Any
    of: ForecastPart
    note: str

    @property
    def who(self) -> str:
        return f"version {self.judged.version}"


def _importance(told: _Told) -> Iterator[str]:
    from ml_core.explain.spoken import CLAIM_OF

    return screen.importance_lines(told.found, CLAIM_OF[told.of], who=told.who, note=told.note)


def _dependence(told: _Told) -> Iterator[str]:
    part = told.found.scale if told.of == "scale" else told.found.level
    priced = told.stretch.forecaster.spec.task.priced
    return screen.dependence_lines(told.found, part, who=told.who, priced=priced, note=told.note)


SCREENS: dict[str, tuple[Callable[[Any], Any], Callable[[_Told], Iterator[str]]]] = {
    "importance": (screen.importance_rows, _importance),
    "dependence": (screen.dependence_rows, _dependence),
}  # as a table, and as lines
