"""What every tab of the app must keep, whichever file is added: it has a title and a place of its own, and stands on
the page, also before there is anything to show."""

from collections import Counter

import pytest

from ml_core.data.order import place_order
from ml_core.home.settings import Settings
from ml_core.spec import choices
from serving.door.access import Access
from serving.service import Service
from serving.ui import build_page
from serving.ui._tab import TABS, load_tab, load_tabs
from tests.market import NOW, small_experiment

every_tab = pytest.mark.parametrize("name", choices.names(TABS))


@pytest.fixture(scope="module")
def page(new_home) -> dict:
    """As the browser is told it, of a home in which nothing is stored and nothing registered."""
    service = Service(place_order(small_experiment(), new_home()), clock=lambda: NOW)
    return build_page(service, Access(Settings())).get_config_file()


def leaves(layout: dict) -> dict[int, list[int]]:
    """What stands inside each part of the page, however deep."""
    found = {}
    for child in layout.get("children", ()):
        inner = leaves(child)
        found |= inner
        found[child["id"]] = [part["id"] for part in child.get("children", ())]
    return found


@every_tab
def test_it_has_a_title_and_a_place(name):
    tab = load_tab(name)
    assert tab.title.strip() == tab.title != ""
    assert tab.place >= 1


def test_no_two_share_a_title_or_a_place():
    for of in ("title", "place"):
        shared = [one for one, times in Counter(getattr(tab, of) for tab in load_tabs()).items() if times > 1]
        assert shared == [], f"several tabs of serving/ui have this {of}; expected one each"


@every_tab
def test_it_stands_on_the_page_and_has_something_in_it(name, page):
    inside, title = leaves(page["layout"]), load_tab(name).title
    (own,) = [
        part["id"]
        for part in page["components"]
        if part["type"] == "tabitem" and part["props"]["label"] == title
    ]
    assert inside[own]


def test_the_tabs_stand_in_their_places(page):
    labels = [part["props"]["label"] for part in page["components"] if part["type"] == "tabitem"]
    assert labels == [tab.title for tab in load_tabs()]


def test_a_file_that_declares_no_tab_is_named_with_what_it_lacks(monkeypatch):
    monkeypatch.delattr("serving.ui.models.TAB")
    with pytest.raises(
        TypeError, match=r"serving/ui/models\.py: expected TAB = Tab\(…\) of serving\.ui\._tab"
    ):
        load_tabs()
