"""Opens an experiment's data source: loads its provider, checks its options, and gives the name under which its bars
are stored."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ml_core.data.context import Context
from ml_core.data.providers import PROVIDERS, Provider, RemoteConfig, load_provider
from ml_core.data.quality.settings import Quality
from ml_core.errors import InvalidInput
from ml_core.spec import choices
from ml_core.spec.choices import nearest
from ml_core.spec.examples import show_example
from ml_core.spec.experiment import Experiment, FrozenSection
from ml_core.spec.file import explain

BESIDE: dict[str, type[FrozenSection]] = {"quality": Quality, "context": Context}


@dataclass(frozen=True)
class Source:
    """A provider made ready. Series of different sources never meet in one table."""

    name: str
    provider: Provider[Any]
    config: Any
    identity: str
    quality: Quality
    context: Context

    @property
    def incremental(self) -> bool:
        """Whether its answers are slow enough that only what is missing is asked for."""
        return self.provider.stream is not None

    @property
    def store_every(self) -> float | None:
        """How often what came is stored, in seconds; None for once, at the end."""
        return self.config.store_every if isinstance(self.config, RemoteConfig) else None

    @property
    def rotate(self) -> bool:
        """Whether one ticker a day is fetched whole and compared."""
        return isinstance(self.config, RemoteConfig) and self.config.rotate

    @property
    def asked_by_name(self) -> bool:
        """Whether it answers for any ticker, and not only for those of a universe."""
        return self.provider.hurry is not None

    @property
    def tells_sectors(self) -> bool:
        """Whether it is to be asked for the sectors of tickers."""
        return isinstance(self.config, RemoteConfig) and self.config.sectors


def open_source(experiment: Experiment) -> Source:
    """Refuses an unknown source, an unknown key beside it, and an unknown key in its own table."""
    name, options = experiment.data.source, experiment.data.options
    known = [*choices.names(PROVIDERS), *BESIDE]
    for key, value in options.items():
        if key not in known:
            own = [*known, "source", "start", "end"]
            raise InvalidInput(f"unknown key 'data.{key}'{nearest(key, own, below='data.')}")
        if not isinstance(value, dict):
            example = show_example("data", (key,), FrozenSection)
            raise InvalidInput(f"data.{key}: expected a table of keys such as {example}, got {value!r}")
    provider = load_provider(name)
    config = _section(name, provider.config_class, options)
    beside = {key: _section(key, kind, options) for key, kind in BESIDE.items()}
    return Source(name, provider, config, provider.identity(experiment.universe, config), **beside)


def _section(name: str, kind: type[FrozenSection], options: dict[str, Any]) -> Any:
    where = f"data.{name}"
    try:
        return kind.model_validate(options.get(name, {}))
    except ValidationError as error:
        raise InvalidInput(f"{where}: {explain(error, kind, at=where)}") from None
