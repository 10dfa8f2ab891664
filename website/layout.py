"""The order of the pages. A guide that is new in `docs` finds its place by itself; nothing has to be listed twice."""

from collections.abc import Iterator, Mapping

from website.sources import title_of

FIRST = ["install.md", "upgrade.md"]
MEASURED = ["benchmarks.md", "real-prices.md", "placebos.md", "truth.md", "scale.md", "faults.md"]
LISTED = ["families.md", "baselines.md", "features.md"]
HOUSE = ["architecture.md", "contributing.md", "changelog.md"]
COMPARED = "compared.md"


def lay_out(pages: Mapping[str, str]) -> list[dict[str, object]]:
    """The navigation. `source/` pages are reached from where they are spoken of."""
    taken = {"index.md", COMPARED, *FIRST, *MEASURED, *LISTED, *HOUSE}
    guides = [place for place in sorted(pages) if "/" not in place and place not in taken]
    return [
        {"Start": ["index.md", *_there(FIRST, pages)]},
        {"Questions": _under("tutorials/", pages)},
        {"Guides": _titled(guides, pages)},
        {"Reference": [*_under("reference/", pages), *_titled(LISTED, pages)]},
        {"Compared with others": COMPARED},
        {"Measured": _titled(_there(MEASURED, pages), pages)},
        {"Decisions": _under("decisions/", pages)},
        {"The house": _titled(HOUSE, pages)},
        {"Source": _under("source/", pages)},
    ]


def _there(places: list[str], pages: Mapping[str, str]) -> list[str]:
    return [place for place in places if place in pages]


def _under(folder: str, pages: Mapping[str, str]) -> list[dict[str, str]]:
    return _titled([place for place in sorted(pages) if place.startswith(folder)], pages)


def _titled(places: list[str], pages: Mapping[str, str]) -> list[dict[str, str]]:
    return list(_titles(places, pages))


def _titles(places: list[str], pages: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for place in places:
        yield {title_of(pages[place]): place}
