"""`init`: writes a first file of the user's own, and beside it the schema by which editors complete and check it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from pydantic import ValidationError

from cli.session import DONE, Session
from ml_core.errors import InvalidInput
from ml_core.spec.draft import SCHEMA, draft
from ml_core.spec.experiment import Experiment, Universe
from ml_core.spec.file import SHIPPED, explain, read_experiment
from ml_core.spec.wording import NAME_PATTERN

FOLDER = Path("experiments")


def init(
    session: Session, *, name: str, tickers: str, daily: bool, weekly: bool, source: str, path: Path | None
) -> int:
    if daily and weekly:
        raise InvalidInput("--daily, --weekly: a forecast is made daily or weekly; expected one of them")
    file = _place(name)
    listed = _read_tickers(tickers)
    seen = _own_bars(source, path)
    read = _write(file, draft(name, listed, "weekly" if weekly else "daily", source, seen))
    schema = _write_schema()
    terminal, about = session.terminal, session.about(name, read=read)
    terminal.say(f"written to {file}; fetch its bars, then try its model:")
    following = [about.spell(verb) for verb in ("refresh", "evaluate")]
    for command in following:
        terminal.say(f"  {command}")
    terminal.document({"file": str(file), "schema": str(schema), "next": following})
    return DONE


def _place(name: str) -> Path:
    """Where the file will lie; a name that cannot be one, or is taken, is refused."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise InvalidInput(f"init {name}: expected a name of letters, digits, - and _ only such as my_etfs")
    if (SHIPPED / f"{name}.toml").is_file():
        raise InvalidInput(f"init {name}: an experiment of that name is shipped; choose another name")
    file = FOLDER / f"{name}.toml"
    if file.exists():
        raise InvalidInput(f"{file} is there already and is not written over; choose another name")
    return file


def _read_tickers(text: str) -> tuple[str, ...]:
    listed = tuple(part.strip() for part in text.split(","))
    if strange := next((one for one in listed if re.search(r"[;|<>]", one)), None):
        raise InvalidInput(
            f"--tickers: '{strange}' is no ticker; expected tickers parted by commas such as SPY,QQQ"
        )
    try:
        return Universe.model_validate({"tickers": listed}).tickers
    except ValidationError as error:
        raise InvalidInput(f"--{explain(error, Universe, at='universe')}") from None


def _own_bars(source: str, path: Path | None) -> str | None:
    """The path of the user's bars as seen from the file; what a path in the file means."""
    from ml_core.data.providers import PROVIDERS
    from ml_core.spec import choices

    known = choices.names(PROVIDERS)
    if source not in known:
        raise InvalidInput(f"--source {source}: unknown source{choices.nearest(source, known)}")
    if source != "files":
        if path:
            raise InvalidInput(f"--path {path}: it belongs to --source files; add that, or leave it out")
        return None
    if path is None:
        raise InvalidInput(
            "--source files: expected --path as well, a Parquet or CSV file or a folder of them"
        )
    if not path.expanduser().exists():
        raise InvalidInput(f"--path {path}: there is no such file or folder")
    return Path(os.path.relpath(path.expanduser().resolve(), FOLDER.resolve())).as_posix()


def _write(file: Path, text: str) -> Experiment:
    """Never over another file; what is written can be read, or is not left."""
    try:
        file.parent.mkdir(exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be written: {error.strerror}") from None
    try:
        return read_experiment(str(file))
    except InvalidInput:
        file.unlink()
        raise


def _write_schema() -> Path:
    """Beside the files of all experiments, if it is not there yet."""
    from tuning.schema import build_schema

    place = FOLDER / SCHEMA
    if not place.exists():
        place.write_text(json.dumps(build_schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return place
