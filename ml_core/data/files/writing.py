"""How a user's files are written, where he says so: what is not said is found in the file."""

from typing import Literal, Self

from pydantic import model_validator

from ml_core.spec.section import FrozenSection


class Columns(FrozenSection):
    """The file's own name of each column of ours."""

    date: str | None = None
    ticker: str | None = None
    open: str | None = None
    high: str | None = None
    low: str | None = None
    close: str | None = None
    adj_close: str | None = None
    volume: str | None = None
    dividend: str | None = None
    split: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """Those that are said."""
        return self.model_dump(exclude_none=True)

    @model_validator(mode="after")
    def _each_is_one(self) -> Self:
        taken: dict[str, str] = {}
        for ours, theirs in self.named.items():
            if theirs in taken:
                raise ValueError(
                    f"'{theirs}' is named for {taken[theirs]} and for {ours}; expected one of them"
                )
            taken[theirs] = ours
        return self


class Writing(FrozenSection):
    """`date_format` as %d/%m/%Y; `separator` parts the columns of a text, `decimal` is the sign of its numbers."""

    columns: Columns = Columns()
    separator: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None
    date_format: str | None = None
