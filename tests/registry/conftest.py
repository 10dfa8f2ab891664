"""What the tests of the registry share."""

import pytest


@pytest.fixture
def name(request) -> str:
    """A model of its own for each test, in the one registry."""
    return f"{request.node.name[:40]}.simulated"
