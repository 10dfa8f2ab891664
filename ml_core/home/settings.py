"""Reads the environment once, at a front door, to be passed down, and says where things lie under the home."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ml_core.errors import InvalidInput
from ml_core.home.bucket import ADDRESS, EXPECTED_ADDRESS, Bucket, Place, open_bucket

EXPERIMENT = "CANDORCAST_EXPERIMENT"
PREFIX, NO_FOLDER = "CANDORCAST_", "empty; expected a folder, or leave it out"
EXPECTED = {
    "RATE_LIMIT": "expected a whole number from 0, such as 600: requests a minute of each visitor",
    "ACCESS_LOG": "expected true or false",
    "EXPERIMENT": "expected names of experiments parted by commas, such as demo,weekly_etfs",
}
FORMER, FORMER_HOME = "WALKFORWARD_", ".walkforward"


class Settings(BaseSettings):
    """`CANDORCAST_…` variables. Secrets come from here only.

    Overrides (`CANDORCAST_SET`) stand one per line; experiments, keys and allowed origins are parted by commas.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, populate_by_name=True)

    home: Path = Field(default_factory=lambda: default_home(Path()))
    own_home: Path | None = (
        None  # set by `serve` and `up`: where who started them finds a home without --home
    )
    tracking_uri: str | None = None
    tables: str | None = None  # s3://BUCKET/FOLDER, in place of the home's own disk
    ray_address: str | None = None
    api_key: str | None = None
    signing_key: str | None = None  # a file, or the text of one
    api_keys: Annotated[tuple[str, ...], NoDecode] = ()  # NAME:SCOPE:KEY each
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    # The first is meant where a question names none.
    experiments: Annotated[tuple[str, ...], NoDecode, Field(min_length=1, validation_alias=EXPERIMENT)] = (
        "demo",
    )
    overrides: Annotated[tuple[str, ...], NoDecode, Field(validation_alias="CANDORCAST_SET")] = ()
    host: str = "127.0.0.1"
    # Left out, both are on where others reach the server: so many requests a minute of each visitor (0: any number),
    # and a line of JSON for each request.
    rate_limit: Annotated[int, Field(ge=0)] | None = None
    access_log: bool | None = None

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0]).upper()
            own = (problem.get("ctx") or {}).get("error")  # where a check here has said it
            told = own or EXPECTED.get(name.removeprefix(PREFIX), "expected text")
            raise InvalidInput(f"{PREFIX}{name.removeprefix(PREFIX)}: {told}") from None

    @field_validator("home", mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        if isinstance(given, str) and not given.strip():
            raise ValueError(NO_FOLDER)
        return given

    @field_validator("api_keys", "cors_origins", "experiments", mode="before")
    @classmethod
    def _by_comma(cls, given: Any) -> Any:
        return _parts(given.split(",")) if isinstance(given, str) else given

    @field_validator("cors_origins")
    @classmethod
    def _not_all(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if "*" in origins:  # any page could ask in the name of who opened it
            raise ValueError("*: expected origins such as https://desk.example, parted by commas")
        return origins

    @field_validator("tables")
    @classmethod
    def _in_a_bucket(cls, address: str | None) -> str | None:
        if address and not ADDRESS.fullmatch(address):
            raise ValueError(f"{address!r}: {EXPECTED_ADDRESS}")
        return address

    @field_validator("overrides", mode="before")
    @classmethod
    def _by_line(cls, given: Any) -> Any:
        return _parts(given.splitlines()) if isinstance(given, str) else given


def default_home(place: Path) -> Path:
    """The home in this folder; one of the former name goes on where there is no other."""
    home, former = place / ".candorcast", place / FORMER_HOME
    return former if former.is_dir() and not home.exists() else home


def tell_former(environment: Mapping[str, str], home: Path) -> list[str]:
    """What still has the program's former name, and what to do about it."""
    old = sorted(name for name in environment if name.startswith(FORMER))
    told = [
        f"{name} is not read any more; it is called CANDORCAST_{name.removeprefix(FORMER)} now"
        for name in old
    ]
    if home.name == FORMER_HOME:
        told.append(
            f"the home is {home}, of the program's former name; rename it to .candorcast when you like"
        )
    return told


def home_without_option() -> Path:
    """The home of a command that is typed without --home. A server's own environment names the one it was given."""
    settings = Settings()
    return (settings.own_home or settings.home).expanduser().resolve()


@dataclass(frozen=True)
class Home:
    """One folder holds all state; with a `bucket` the tables lie there. `reads`: who works with it makes and changes
    nothing under it."""

    root: Path
    tracking: str | None = None
    reads: bool = False
    bucket: Bucket | None = None

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def tables(self) -> Place:
        """Where tables lie: bars, findings, answers, forecasts and what became of them."""
        return self.bucket or self.store

    def forecasts(self, model: str, *, later: bool = False) -> Place:
        """What was said, as it was said first; and `later` what was said of the same again."""
        return self.tables / ("forecasts_later" if later else "forecasts") / model

    def live(self, model: str) -> Place:
        """What its forecasts were worth."""
        return self.tables / "live" / model

    def monitoring(self, model: str) -> Place:
        """What was looked at, and what did not hold."""
        return self.tables / "monitoring" / model

    @property
    def tracking_uri(self) -> str:
        return self.tracking or f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def searches(self) -> Path:
        return self.root / "searches"

    @property
    def looks(self) -> Path:
        return self.root / "looks"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def services(self) -> Path:
        return self.root / "services"


def _parts(given: list[str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in given if part.strip())


def name_home(given: str) -> Path:
    """The folder that `--home` names: an empty text would quietly be the folder where the command runs."""
    if not given.strip():
        raise InvalidInput(f"--home: {NO_FOLDER}")
    return Path(given)


def open_home(root: Path, tracking: str | None = None, tables: str | None = None) -> Home:
    """The home at that folder, made if absent; a folder that cannot be written is refused by name."""
    folder = open_folder(_place(root), "--home")
    return Home(folder, tracking, bucket=open_bucket(tables) if tables else None)


def find_home(root: Path, tracking: str | None = None, tables: str | None = None) -> Home:
    """The home at that folder to be read only: nothing is made there, and it may be absent."""
    root = _place(root)
    if root.exists() and not root.is_dir():
        raise InvalidInput(f"--home {root}: expected a folder")
    return Home(root, tracking, reads=True, bucket=open_bucket(tables) if tables else None)


def _place(root: Path) -> Path:
    root = root.expanduser().resolve()
    if odd := [sign for sign in "%#?" if sign in str(root)]:
        raise InvalidInput(
            f"--home {root}: the store cannot use a path with '{odd[0]}'; choose another folder"
        )
    return root


def open_folder(path: Path, option: str) -> Path:
    """That folder, made if absent; one that cannot be written is refused with the option that named it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InvalidInput(f"{option} {path}: cannot be written: {error.strerror}") from None
    return path.resolve()
