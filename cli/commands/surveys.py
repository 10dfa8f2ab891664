"""`explain --importance` and `explain --dependence`: what a model hangs on over the holdout on which it was judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.output import open_output
from cli.screens import surveys as screen
from cli.session import DONE, Session
from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.spec.plain import plain

if TYPE_CHECKING:
    from ml_core.explain.attribution import Of
    from ml_core.explain.stretch import Stretch
    from ml_core.registry.version import ModelVersion


def survey(
    session: Session,
    name: str,
    *,
    version: str | None,
    horizon: int | None,
    of: Of,
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
    stretch, judged = open_holdout(session.order, registry, registry.find(session.order.name, version))
    asked, kind = horizon or stretch.windows.horizons[0], load_survey(name)
    if why := kind.excuse(stretch):
        raise NotEnoughData(f"version {judged.version}: {why}")
    found: Any = kind.tell(stretch, asked, seed)
    if name == "importance" and (why := found.silent.get(CLAIM_OF[of])):
        raise NotEnoughData(f"--of {of}: {why}")
    if write:
        write(screen.importance_rows(found) if name == "importance" else screen.dependence_rows(found))
    proven = judged.proves(asked)
    for line in _lines(stretch, judged, found, name, of, note=tell_unproven(of, asked, proven)):
        session.terminal.say(line)
    session.terminal.document(
        {
            "model": session.order.name,
            "version": judged.version,
            "horizon": asked,
            "proven": proven,
            "of": of,
            name: plain(found),
        }
    )
    return DONE


def _lines(
    stretch: Stretch, judged: ModelVersion, found: Any, name: str, of: Of, *, note: str
) -> Iterator[str]:
    from ml_core.explain.spoken import CLAIM_OF

    who = f"version {judged.version}"
    if name == "importance":
        return screen.importance_lines(found, CLAIM_OF[of], who=who, note=note)
    part, priced = found.scale if of == "scale" else found.level, stretch.forecaster.spec.task.priced
    return screen.dependence_lines(found, part, who=who, priced=priced, note=note)
