"""Who is made champion from the page is who was shown when it was asked."""

from types import SimpleNamespace

from ml_core.home.settings import Settings
from serving.door.access import Access
from serving.ui._seating import Hands
from tests.serving.world import World

VISITOR = SimpleNamespace(username=None)
WHY = "the newer one is worse live"


def test_what_is_confirmed_is_the_version_that_was_shown_also_where_none_was_named(own_world: World):
    own_world.register(passed=True)
    own_world.register(passed=True)
    own_world.register(passed=True)
    hands = Hands(own_world.service(), Access(Settings()))
    _, confirming, yes, looked = hands.consider("", WHY, False, VISITOR)
    assert confirming["visible"]
    assert (yes["value"], looked) == ("Yes, make version 2 champion", "2")
    own_world.registry.seat(own_world.name, "2", "champion")  # by now the last earlier one is version 1
    told, *_ = hands.move(looked, WHY, False, 0, VISITOR)
    assert "version 2 is champion already" in told["value"]
    assert own_world.registry.find(own_world.name, "champion").version == "2"


def test_nothing_is_confirmed_that_was_not_shown(own_world: World):
    own_world.register(passed=True)
    own_world.register(passed=True)
    hands = Hands(own_world.service(), Access(Settings()))
    *_, looked = hands.consider("", "", False, VISITOR)
    assert looked == ""
    told, _, moved = hands.move(looked, WHY, False, 0, VISITOR)
    assert "Look first" in told["value"]
    assert moved == 0
    assert own_world.registry.find(own_world.name, "champion").version == "2"
