"""docs/tutorials/serve-my-own-model.md does what it says: the package that it prints is installed, and each of its
commands is run as it stands there, as a process of its own."""

import json
import re
import shlex
from collections.abc import Callable

import pytest

from tests.api.conftest import HOUSE, install
from tests.api.test_plugin import DOOR, SERVED
from tests.contracts.test_printed_commands import printed

PAGE = (HOUSE / "docs" / "tutorials" / "serve-my-own-model.md").read_text(encoding="utf-8")
MODULE, PACKAGE, EXPERIMENT = re.findall(r"```(?:python|toml)\n(.*?)```", PAGE, flags=re.DOTALL)
COMMANDS = [line for line, whole in printed(PAGE) if whole]
MAY_BE_REFUSED = "search"  # by the gate


@pytest.fixture(scope="module")
def run_own(tmp_path_factory, run_beside, new_home) -> Callable:
    """Runs Python beside the page's package, its experiment in reach, on a home of its own."""
    source, folder = tmp_path_factory.mktemp("own"), tmp_path_factory.mktemp("installed")
    (source / "own_models.py").write_text(MODULE, encoding="utf-8")
    (source / "pyproject.toml").write_text(PACKAGE, encoding="utf-8")
    install(source, folder)
    file = source / "mine.toml"
    file.write_text(EXPERIMENT, encoding="utf-8")
    home = str(new_home().root)

    def run(*words: str):
        told = [{"mine": str(file), "HOME": home}.get(word, word) for word in words]
        return run_beside(*told, beside=folder)

    return run


def test_its_commands_are_run_in_order_until_the_model_is_served(run_own):
    assert [line.split()[1] for line in COMMANDS] == [
        "refresh", "evaluate", "audit", "search", "models", "predict", "serve",
    ]  # fmt: skip
    told = {}
    for line in COMMANDS[:-1]:
        words = shlex.split(line)[1:]
        done = run_own("-c", DOOR, *words, "--home", "HOME", "--json")
        allowed = (0, 1) if words[0] == MAY_BE_REFUSED else (0,)
        assert done.returncode in allowed, f"{line}: {done.stderr}"
        told[words[0]] = json.loads(done.stdout)
    assert {row["family"] for row in told["search"]["ledger"]} == {"own_ridge"}
    assert told["audit"]["findings"] == []
    served = run_own("-c", SERVED, "mine", "HOME", told["search"]["version"])
    assert served.returncode == 0, served.stderr
    status, answer = json.loads(served.stdout)
    assert status == 200 and len(answer["predictions"]) == 2
