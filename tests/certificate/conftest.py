"""What several tests of certificates sign with."""

import pytest

from ml_core.certificate.signing_key import make_key, read_key


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    file = tmp_path_factory.mktemp("keys") / "own.pem"
    make_key(file)
    return read_key(str(file))
