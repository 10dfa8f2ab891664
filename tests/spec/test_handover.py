"""An experiment that is handed over to another process is the same there, down to what its file left out."""

import os

import pytest

from ml_core.data.source import open_source
from ml_core.spec.file import SHIPPED, read_experiment
from ml_core.spec.handover import hand_over, take_over

NAMES = sorted(path.stem for path in SHIPPED.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_or_set_on_the_way(name):
    read = read_experiment(name)
    handed = take_over(hand_over({name: read}))[name]
    assert handed.digest() == read.digest()
    assert handed.model_dump_json(exclude_unset=True) == read.model_dump_json(exclude_unset=True)
    assert vars(open_source(handed)) == vars(open_source(read))


def test_it_is_handed_over_once():
    environment = {"HOME": "/", **hand_over({"demo": read_experiment("demo")})}
    (handed,) = (int(value) for name, value in environment.items() if name != "HOME")
    assert list(take_over(environment)) == ["demo"]
    assert environment == {"HOME": "/"}
    assert take_over(environment) == {}
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handed)
