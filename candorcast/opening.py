"""Opens an experiment for Python: by its name, its file, a dictionary of what a file would say, or as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any

import tomlkit

from candorcast.opened import Opened
from ml_core.errors import InvalidInput
from ml_core.home.settings import Home, Settings, open_home
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import SHIPPED, check_experiment, read_experiment

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def open(
    experiment: str | Path | Mapping[str, Any] | Experiment,
    *,
    home: str | Path | None = None,
    set: Mapping[str, Any] | None = None,
    bars: pl.DataFrame | pd.DataFrame | None = None,
) -> Opened:
    """The experiment of that name or file, or of this dictionary. `set` takes values in place of the file's, as
    `{"task.lookback": 30}`. `home` is where all state lies (default: as for the command line). `bars`: a frame of one's
    own with at least date, ticker and close, in place of a source; a dictionary may then leave out the universe."""
    if not isinstance(set, (Mapping, NoneType)):
        raise InvalidInput(f"set: expected a dictionary such as {{'task.lookback': 30}}, got {set!r}")
    place, settings = open_place(home)
    overrides = tuple(f"{key}={_as_toml(key, value)}" for key, value in (set or {}).items())
    if bars is not None:
        content = _with_bars(_content_of(experiment), bars, place)
        return Opened.of(check_experiment(content, Path.cwd(), overrides, told="experiment"), place, settings)
    if isinstance(experiment, (str, Path)):
        return Opened.of(read_experiment(str(experiment), overrides), place, settings)
    read = check_experiment(_content_of(experiment), Path.cwd(), overrides, told="experiment")
    return Opened.of(read, place, settings)


def open_place(home: str | Path | None) -> tuple[Home, Settings]:
    """The home of that folder, by default that of the environment, with the settings that stand there."""
    if not isinstance(home, (str, Path, NoneType)):
        raise InvalidInput(f"home: expected the path of a folder, got {home!r}")
    settings = Settings()
    root = Path(home) if home is not None else settings.home
    return open_home(root, settings.tracking_uri, settings.tables), settings


def experiments() -> list[str]:
    """The names that `open` knows here: those in `experiments/`, and those that are shipped."""
    return sorted({path.stem for folder in (Path("experiments"), SHIPPED) for path in folder.glob("*.toml")})


def _content_of(experiment: str | Path | Mapping[str, Any] | Experiment) -> dict[str, Any]:
    """What a file would say."""
    if isinstance(experiment, (str, Path)):
        experiment = read_experiment(str(experiment))
    if isinstance(experiment, Experiment):
        return experiment.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    if isinstance(experiment, Mapping):
        return {key: dict(part) if isinstance(part, Mapping) else part for key, part in experiment.items()}
    raise InvalidInput(
        f"experiment: expected a name, a path, a dictionary or an Experiment, got {type(experiment).__name__}"
    )


def _with_bars(content: dict[str, Any], bars: pl.DataFrame | pd.DataFrame, home: Home) -> dict[str, Any]:
    """The same, its bars read from this frame; what else [data] says stays."""
    from candorcast.frames import keep_bars, tickers_of

    name = content.setdefault("name", "own")
    universe = dict(content.get("universe", {}))
    if "tickers" not in universe and "members" not in universe:
        universe["tickers"] = tickers_of(bars)
    source = content.get("data", {}).get("source", "yahoo")
    data = {key: part for key, part in content.get("data", {}).items() if key not in (source, "files")}
    return {**content, "universe": universe, "data": {**data, **keep_bars(bars, str(name), home)}}


def _as_toml(key: str, value: object) -> str:
    """As --set would have it."""
    plain: Any = value
    if isinstance(value, (Path, tuple)):
        plain = str(value) if isinstance(value, Path) else list(value)
    try:
        if isinstance(plain, Mapping):
            table = tomlkit.inline_table()
            table.update(dict(plain))
            return table.as_string()
        if isinstance(plain, list):
            array = tomlkit.array()
            array.extend(plain)
            return array.as_string()
        return tomlkit.item(plain).as_string()
    except (TypeError, ValueError):
        raise InvalidInput(
            f"set: {key}: expected what a TOML file can say, got {type(value).__name__}"
        ) from None
