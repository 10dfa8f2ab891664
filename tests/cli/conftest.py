"""An experiment's file and a home with its bars, for all tests of the command line."""

import pytest

from ml_core.data.refresh import refresh
from tests.market import NOW, small_experiment, write_experiment


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> str:
    return str(write_experiment(tmp_path_factory.mktemp("experiment")))


@pytest.fixture(scope="module")
def home(new_home) -> str:
    """A home with bars and no champion."""
    made = new_home()
    refresh(small_experiment(), made, now=NOW)
    return str(made.root)
