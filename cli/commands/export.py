"""`export`: the processed rows of an experiment's folds or of a registered version, with their scaling, as files."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.output import open_results
from cli.screens.missing import spell_missing, warn_missing
from cli.session import DONE, PARTIAL, Session
from ml_core.spec.plain import write_plain

if TYPE_CHECKING:
    from ml_core.panel.splits import Split
    from ml_core.panel.windows import Windows
    from ml_core.spec.ensemble import Spec
    from ml_core.training.processed import Processed


def export(session: Session, *, out: Path, version: str | None) -> int:
    from ml_core.training.processed import process

    folder, terminal = open_results(out), session.terminal
    if version:
        missing, (spec, windows, splits) = {}, _of_version(session, version)
    else:
        missing, (spec, windows, splits) = _of_experiment(session)
    warn_missing(session, missing)
    written = []
    parts = spec.components
    for split, (number, part) in product(splits, enumerate(parts, start=1)):
        done = process(part.spec, windows, split)
        name = f"{split.name}-{split.fold}{f'-{number}' if len(parts) > 1 else ''}.parquet"
        done.table.write_parquet(folder / name)
        written.append({"file": name, **describe(done)})
        terminal.progress(f"{name}: {done.table.height} rows")
    (folder / "export.json").write_text(write_plain(written, indent=1), encoding="utf-8")
    terminal.table(
        [
            {
                "file": one["file"],
                **dict(zip(("train", "validation", "scored"), one["rows"].values(), strict=True)),
                "features": len(one["features"]),
            }
            for one in written
        ],
        title=f"{session.name}: processed rows",
    )
    terminal.say(f"written to {folder}")
    terminal.document({"out": str(folder), "files": written, "missing": spell_missing(session, missing)})
    return PARTIAL if missing else DONE


def describe(done: Processed) -> dict[str, Any]:
    """What a reader of the file needs: the spans of its parts, its features, and the scaling that undoes theirs."""
    split = done.split
    spans = {"train": split.train, "validation": split.validation, split.name: split.test}
    return {
        "rows": dict(done.table.group_by("part", maintain_order=True).len().iter_rows()),
        "spans": {part: [span.start.isoformat(), span.end.isoformat()] for part, span in spans.items()},
        "gaps": {
            part: [[gap.start.isoformat(), gap.end.isoformat()] for gap in span.without]
            for part, span in spans.items()
            if span.without
        },
        "features": list(done.features),
        "scaler": {name: values_F.tolist() for name, values_F in vars(done.scaler).items()},
    }


def _of_experiment(session: Session) -> tuple[dict[str, str], tuple[Spec, Windows, list[Split]]]:
    """The tickers without bars, and what stands of the others."""
    from ml_core.data.prices import read_prices, tell_absent
    from ml_core.walkforward.opening import open_windows, plan_folds

    experiment = session.learning
    prices = read_prices(experiment, session.home)
    windows, _ = open_windows(experiment.spec, prices)
    missing = tell_absent(experiment, session.home, prices)
    return missing, (experiment.spec, windows, plan_folds(experiment, windows))


def _of_version(session: Session, version: str) -> tuple[Spec, Windows, list[Split]]:
    from ml_core.audit.rebuild import reopen
    from ml_core.registry.versions import Registry

    registered = Registry(session.home).find(session.experiment.model_name, version)
    recipe, windows = reopen(registered, session.home)
    return registered.spec, windows, [recipe.split]
