"""A home with bars for the searches of a file."""

import pytest

from ml_core.data.intake.refresh import refresh
from tests.market import NOW, small_experiment


@pytest.fixture(scope="module")
def home(new_home):
    made = new_home()
    refresh(small_experiment(), made, now=NOW)
    return made
