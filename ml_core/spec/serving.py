"""The section `[serving]` of an experiment: how often whoever answers is fitted again."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ml_core.spec.section import FrozenSection


class Serving(FrozenSection):
    """`refit`: after so many sessions the champion is fitted again, through the last known outcome; 0: never. Left out,
    it is `validation.test`, the step at which a recipe walks forward."""

    refit: Annotated[int, Field(ge=0)] | None = None
