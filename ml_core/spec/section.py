"""Makes every section of the experiment file a frozen object that refuses a key or value it does not know."""

import hashlib
import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(gt=0, lt=1)]


class FrozenSection(BaseModel):
    """A frozen part of the experiment file; a key that it does not know is refused, and so is a number that JSON does
    not know: what was asked is kept as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def digest(self) -> str:
        """A short name for the content."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


class OpenSection(FrozenSection):
    """A section whose further keys belong to a chosen file: a provider's or a model family's options."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @property
    def options(self) -> dict[str, Any]:
        """The keys that the chosen file will check."""
        return dict(self.model_extra or {})
