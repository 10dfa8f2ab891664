"""Says how a model reads prices to answer: look-back, layout, features. A search may vary all of it; what it
finds is fitted, stored and served."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, ValidationError, ValidatorFunctionWrapHandler, field_validator

from ml_core.spec.ranges import OneOf, Shares, Wide
from ml_core.spec.section import FrozenSection


class Look(FrozenSection):
    """How many sessions a model looks back on, and whether it sees one ticker at a time or all of them."""

    lookback: Annotated[int, Field(ge=4), Wide(Shares(0.25, 0.5, 1, least=4))] = 60
    layout: Literal["pooled", "joint"] = "pooled"


class Features(FrozenSection):
    """Which features: whole groups, or single names; of the groups, `select` keeps the best on training dates."""

    groups: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    select: Annotated[PositiveInt | Literal["all"], Wide(OneOf(12, 24, 48))] = 24
    scaling: Annotated[
        Literal["standard", "minmax", "robust", "quantile"], Wide(OneOf("standard", "quantile"))
    ] = "standard"

    @field_validator("select", mode="wrap")
    @classmethod
    def _a_number_or_all(cls, value: object, check: ValidatorFunctionWrapHandler) -> int | str:
        try:
            return check(value)
        except ValidationError:
            raise ValueError('expected a number above 0 or "all"') from None


class Reading(Look):
    """Look-back, layout and features of one model."""

    features: Features = Features()
