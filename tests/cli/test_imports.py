"""A command loads the libraries that it needs and no others: help and typing errors are answered at once."""

import inspect
import json
import subprocess
import sys
from importlib import import_module

import pytest

from cli.declaration import SHARED
from cli.line import app

HEAVY = [
    "torch", "scipy", "sklearn", "mlflow", "prefect", "ray", "matplotlib", "polars", "gradio", "pandas",
]  # fmt: skip
CHECKING = ["pydantic", "rich.console"]
TRACE = f"""
import json, sys
from cli.line import main
sys.argv = ["candorcast", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code
print(json.dumps([code, [name for name in {[*HEAVY, *CHECKING]} if name in sys.modules]]))
"""


def ask(*arguments: str) -> tuple[int, list[str]]:
    """The exit code of a command, and which heavy libraries its process had loaded when it ended."""
    done = subprocess.run(
        [sys.executable, "-c", TRACE, *arguments], capture_output=True, text=True, timeout=200
    )
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    return code, loaded


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["serach", "demo"], 2)])
def test_the_list_of_commands_and_a_typo_of_one_load_no_library_that_checks_or_draws(arguments, code):
    assert ask(*arguments) == (code, [])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["search", "--help"], 0),
        (["serach", "demo"], 2),
        (["search", "demo", "--trails", "3"], 2),
        (["search", "nosuch"], 2),
        (["models", "demo", "--set", "task.lokback=30"], 2),
    ],
)
def test_help_and_a_typing_error_load_no_heavy_library(arguments, code, tmp_path):
    home = () if "--help" in arguments or "demo" not in arguments else ("--home", str(tmp_path))
    ended, loaded = ask(*arguments, *home)
    assert (ended, set(loaded) - set(CHECKING)) == (code, set())


@pytest.mark.parametrize("command", ["models", "rollback"])
def test_looking_into_the_registry_loads_nothing_that_learns_draws_or_orchestrates(new_home, command):
    _, loaded = ask(command, "demo", "--home", str(new_home().root))
    assert not {"mlflow", "torch", "sklearn", "prefect", "ray", "matplotlib", "gradio"} & set(loaded)


def test_the_models_of_a_source_that_is_unknown_are_not_looked_for(tmp_path):
    code, loaded = ask("models", "demo", "--set", "data.source=simulatd", "--home", str(tmp_path))
    assert (code, "mlflow" in loaded) == (2, False)


@pytest.mark.parametrize("command", app.registered_commands, ids=lambda command: str(command.name))
def test_every_command_names_a_function_that_takes_its_options(command):
    """They are named by text, so that nothing is imported before it is needed."""
    module, _, name = inspect.getclosurevars(command.callback).nonlocals["run"].rpartition(".")
    taken = inspect.signature(getattr(import_module(f"cli.commands.{module}"), name)).parameters.values()
    options = [name for name in inspect.signature(command.callback).parameters if name not in SHARED]
    if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken):
        assert set(options) <= {one.name for one in taken}


INTERRUPT = """
import sys
loading = sys.argv[1]
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == loading:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from cli.door import main
sys.argv[1:] = ["data", "demo"]
main()
"""


@pytest.mark.parametrize(
    "loading", ["cli.line", "typer", "cli.session", "cli.terminal", "ml_core.spec.experiment"]
)
def test_ctrl_c_while_anything_is_loaded_is_one_line_and_its_exit_code(loading):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPT, loading], capture_output=True, text=True, timeout=200
    )
    assert (done.returncode, done.stderr, done.stdout) == (130, "candorcast: interrupted\n", "")
