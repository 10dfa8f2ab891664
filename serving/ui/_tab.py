"""What a file of this folder declares to be a tab of the page, and all tabs in their places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ml_core.spec import choices
from serving.door.access import Access
from serving.service import Service

if TYPE_CHECKING:
    from gradio import HTML

TABS = __name__.rpartition(".")[0]


@dataclass(frozen=True)
class Drawing:
    """`make` says what the `outputs` show for what stands in `state` and in the `controls`."""

    make: Callable[..., Sequence[Any]]
    outputs: Sequence[Any]
    controls: Sequence[Any] = ()
    state: Sequence[Any] = ()


@dataclass(frozen=True)
class Parts:
    """What the page ties together of a tab: `controls` by the name that they have in an address, such as `ticker`, of
    which one that several tabs have is chosen on all of them; what `opens` a ticker, a component of which a click names
    one; and what is `drawn` once the tab is opened."""

    controls: dict[str, Any] = field(default_factory=dict)
    opens: HTML | None = None
    drawn: tuple[Drawing, ...] = ()


@dataclass(frozen=True)
class Tab:
    """`title` is what is written on it, `place` where it stands among the others, counted from the left, and `build`
    lays its page out when the app is made. One that `acts` changes something where a visitor asks for that: its `build`
    takes beside the service who may. `name` stands in the page's address."""

    title: str
    place: int
    build: Callable[..., Parts]
    acts: bool = False

    @property
    def name(self) -> str:
        return self.title.casefold()

    def lay(self, service: Service, access: Access) -> Parts:
        return self.build(service, access) if self.acts else self.build(service)


def load_tabs() -> list[Tab]:
    """All of them, from left to right."""
    return sorted(map(load_tab, choices.names(TABS)), key=lambda tab: tab.place)


def load_tab(name: str) -> Tab:
    """The tab of that file."""
    return choices.declared(TABS, name, Tab)
