"""The parameters that flows take, as Prefect's own form checks and explains them."""

import inspect
from collections.abc import Callable
from typing import Annotated, ParamSpec, TypeAlias, TypeVar

from pydantic import Field

Taken = ParamSpec("Taken")
Given = TypeVar("Given")

ExperimentName: TypeAlias = Annotated[str, Field(min_length=1)]
Overrides: TypeAlias = Annotated[list[Annotated[str, Field(pattern=r"^[^=\s]+=.*$")]] | None, Field()]
HomeFolder: TypeAlias = Annotated[str | None, Field(min_length=1)]

HELP = {
    "experiment": "A TOML file, or the name of one in experiments/.",
    "overrides": "Values instead of the file's, one key=value in each, as task.lookback=30.",
    "home": "The folder where all state lies; by default CANDORCAST_HOME.",
    "as_of": "A past day: forecast as on that day, by whoever sat in the seat then; it is marked, and never scored.",
    "since": "Forecast every past session from that day on that lacks its forecast, each by a run of its own.",
    "until": "The last day of that range; by default today.",
    "again": "Search the data that the newest version came of once more.",
    "always": "Without waiting until it is due.",
}


def explained(function: Callable[Taken, Given]) -> Callable[Taken, Given]:
    """Prefect takes what its form says of a parameter from the docstring: each is said once, here."""
    told = [f"    {name}: {HELP[name]}" for name in inspect.signature(function).parameters]
    function.__doc__ = "\n".join([inspect.cleandoc(function.__doc__ or ""), "", "Args:", *told])
    return function
