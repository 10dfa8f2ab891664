"""What a document is: sections of paragraphs, lists, tables and figures. Pure data, the same for every writer.

A number never stands alone: each section, table and figure says of which version and which data it is, and by which
command anybody gets it again.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Tone: TypeAlias = Literal["plain", "lead", "note", "good", "bad"]
PERCENT, NO_BREAK = re.compile(r"(?<=\d) ?%"), "\u00a0"
NUMERIC = frozenset("0123456789+-.,%[] ")
PaperFormat: TypeAlias = Literal["a4", "letter"]


@dataclass(frozen=True)
class NumberOrigin:
    """Of which version and data a number is, and the command that gives it again. `own`: no other command gives it than
    that of the document. `quiet`: it is told further down, where the number stands again."""

    version: str
    data_version: str
    command: str
    own: bool = False
    quiet: bool = False

    @property
    def told(self) -> str:
        by = ", by this report's own command" if self.own else ""
        return f"version {self.version}, data version {self.data_version}{by}"


@dataclass(frozen=True)
class Paragraph:
    """One thought; what stands between backticks is typed as it stands. `lead` is read first, `note` last; `good` and
    `bad` are a verdict."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Points:
    """A list; what stands before a point's colon is no label."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """A command or text that is typed as it stands."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of texts under names of columns."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    origin: NumberOrigin

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers: they stand to the right."""
        return tuple(all(is_number(row[at]) for row in self.rows) for at in range(len(self.columns)))


@dataclass(frozen=True)
class Figure:
    """A picture, with what it shows in words for who cannot see it."""

    name: str
    caption: str
    alt: str
    png: bytes
    origin: NumberOrigin


@dataclass(frozen=True)
class Missing:
    """What is not there, why, and the command that makes it, if there is one."""

    what: str
    why: str
    command: str = ""


Block: TypeAlias = Paragraph | Points | Code | Table | Figure | Missing


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it. `origin` is that of the numbers in its sentences."""

    title: str
    blocks: tuple[Block, ...]
    origin: NumberOrigin

    def __post_init__(self) -> None:
        if not self.blocks:
            raise ValueError(f"section '{self.title}' is empty; a missing part is said")

    @property
    def foot(self) -> NumberOrigin | None:
        """Its origin, unless something in it says the same already."""
        told = [block.origin for block in self.blocks if isinstance(block, (Table, Figure))]
        return None if self.origin in told or self.origin.quiet else self.origin


@dataclass(frozen=True)
class Document:
    """`first` is the page that everybody reads; the others have what it rests on."""

    title: str
    subtitle: str
    date: dt.date
    first: Section
    sections: tuple[Section, ...]

    @property
    def every(self) -> tuple[Section, ...]:
        return (self.first, *self.sections)

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(block for block in self._blocks() if isinstance(block, Figure))

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(block for block in self._blocks() if isinstance(block, Table))

    def number(self, block: Figure | Table) -> int:
        """Figures and tables are counted from 1, each by themselves."""
        among = self.figures if isinstance(block, Figure) else self.tables
        return next(place for place, one in enumerate(among, start=1) if one is block)

    def label(self, block: Figure | Table) -> str:
        """What the text calls it, the same in every file: `Figure 3`."""
        return f"{type(block).__name__} {self.number(block)}"

    def _blocks(self) -> Iterator[Block]:
        for section in self.every:
            yield from section.blocks


def table_of(caption: str, rows: Sequence[Mapping[str, str]], origin: NumberOrigin) -> Table:
    """Rows by the names of their columns, which are those of the first."""
    columns = tuple(rows[0])
    return Table(caption, columns, tuple(tuple(row[name] for name in columns) for row in rows), origin)


def spans(text: str) -> list[tuple[str, bool]]:
    """A sentence in pieces, and whether each is typed as it stands: that is what stands `so`. The others are `firm`."""
    pieces = [(part, place % 2 == 1) for place, part in enumerate(text.split("`")) if part]
    return [(part if typed else firm(part), typed) for part, typed in pieces]


def firm(text: str, gap: str = NO_BREAK) -> str:
    """Percents are written one way, with a gap at which no line ends, whatever wrote them."""
    return PERCENT.sub(f"{gap}%", text)


def is_number(cell: str) -> bool:
    """A figure, an interval, a p-value, or none where there is none."""
    bare = cell.replace("p =", "").replace("p <", "").strip()
    return not cell or (bare[:1] in NUMERIC and set(bare) <= NUMERIC)
