"""The base class of every section of a version's evidence. It writes only the fields that it was given, so that the
evidence of an old version is read and written again without fields that came later."""

from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class EvidencePart(BaseModel):
    """A frozen part of the evidence; a key that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_serializer(mode="wrap")
    def _as_told(
        self, write: SerializerFunctionWrapHandler
    ):  # no return type: the API's schema names the fields
        told: dict[str, Any] = write(self)
        return {name: value for name, value in told.items() if name in self.model_fields_set}
