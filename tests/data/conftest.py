"""Homes, Yahoos on loopback of two and of sixty tickers, and sound bars."""

import polars as pl
import pytest

from ml_core.home.settings import open_home
from tests.data.loopback_yahoo import Listing, LoopbackYahoo
from tests.data.sound_bars import make_sound
from tests.data.test_yahoo import SESSIONS, make_rows


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path / "home")


@pytest.fixture
def market():
    """A loopback Yahoo of two tickers, and a way to refresh from it as after some session."""
    with LoopbackYahoo(
        {"AAA": Listing(make_rows(SESSIONS[:60])), "BBB": Listing(make_rows(SESSIONS[:60]))}
    ) as server:
        yield server


@pytest.fixture
def many():
    """Sixty tickers, which come in three parts."""
    names = [f"T{place:02d}" for place in range(60)]
    with LoopbackYahoo({name: Listing(make_rows(SESSIONS[:10])) for name in names}) as server:
        yield server


@pytest.fixture(scope="module")
def sound() -> pl.DataFrame:
    return make_sound()
