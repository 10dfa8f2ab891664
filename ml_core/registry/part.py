"""The base of every part of the evidence: it reads and writes exactly what was told. A version that was registered
before a number was kept does not get that number as null."""

from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class Part(BaseModel):
    """A frozen part of the evidence; a key that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_serializer(mode="wrap")
    def _as_told(
        self, write: SerializerFunctionWrapHandler
    ):  # no return type: the API's schema names the fields
        told: dict[str, Any] = write(self)
        return {name: value for name, value in told.items() if name in self.model_fields_set}
