"""The list of commands says what each does, in whole sentences, and what a typo may have meant."""

from cli.line import app
from ml_core.data.simulation.config import SIGNALS
from ml_core.spec import choices
from tests.cli.command_line import run


def test_the_list_of_commands_cuts_no_sentence():
    listed = " ".join(run("--help").stdout.split())
    for command in app.registered_commands:
        assert f"{command.name} {' '.join(str(command.help).split())}" in listed


def test_an_unknown_command_is_refused_with_the_nearest_ones():
    done = run("serch", "demo")
    assert done.exit_code == 2
    assert "No such command 'serch'. Did you mean 'search', 'serve'?" in done.stderr


def test_an_unknown_option_is_refused_with_the_nearest_one():
    done = run("search", "demo", "--trails", "3")
    assert done.exit_code == 2
    assert "No such option: --trails (Possible options: --trials)" in done.stderr


def test_the_help_of_truth_names_every_kind_that_can_be_planted():
    told = " ".join(run("truth", "--help").stdout.split())
    for kind in choices.names(SIGNALS):
        assert f"{kind}," in told or f"{kind};" in told
