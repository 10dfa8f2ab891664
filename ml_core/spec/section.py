"""Makes every section of the experiment file a frozen object that refuses a key or value it does not know."""

import hashlib
import json
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

# Kinds that Python makes of others, and what is said where it must not; of several the first is said.
MADE: dict[Any, Literal["float_type", "int_type", "bool_type"]] = {
    float: "float_type", int: "int_type", bool: "bool_type",
}  # fmt: skip
Fraction = Annotated[float, Field(gt=0, lt=1)]


class FrozenSection(BaseModel):
    """A frozen part of the experiment file; a key that it does not know is refused, and so is a number that JSON does
    not know: what was asked is kept as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _of_its_kind(cls, given: Any, info: ValidationInfo) -> Any:
        """`true` is no number and "5" is text, though Python would make numbers of them: the schema, by which editors
        check a file, says the same."""
        if isinstance(given, (bool, str)) and info.field_name in cls.model_fields:
            kinds = _kinds(cls.model_fields[info.field_name].annotation)
            if kinds <= {*MADE, NoneType} and type(given) not in kinds:
                raise PydanticKnownError(next(told for kind, told in MADE.items() if kind in kinds))
        return given

    def digest(self) -> str:
        """A short name for the content."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _kinds(annotation: Any) -> set[Any]:
    """Those that a value may be of: of a union each."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return {kind for one in get_args(annotation) for kind in _kinds(one)}
    return {annotation}


class OpenSection(FrozenSection):
    """A section whose further keys belong to a chosen file: a provider's or a model family's options."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @property
    def options(self) -> dict[str, Any]:
        """The keys that the chosen file will check."""
        return dict(self.model_extra or {})
