"""The list of commands says what each does, in whole sentences, and what a typo may have meant."""

from importlib.metadata import version

import pytest

from cli.line import app
from cli.listing import WORDS
from ml_core.data.simulation.config import SIGNALS
from ml_core.spec import choices
from tests.cli.command_line import run


def test_the_list_of_commands_cuts_no_sentence():
    listed = " ".join(run("--help").stdout.split())
    for command in app.registered_commands:
        assert f"{command.name} {' '.join(str(command.help).split())}" in listed


def test_the_words_that_help_takes_for_granted_are_told_below_the_commands():
    _, _, words = run("--help").stdout.partition("Words:")
    told = [line.split()[0] for line in words.splitlines() if line.startswith("  ") and line[2] != " "]
    assert told == list(WORDS)


def test_it_tells_which_release_it_is():
    assert run("--version").stdout == f"candorcast {version('candorcast')}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("serch", "demo"), "no command 'serch'; did you mean 'search'?"),
        (("search", "demo", "--trails", "3"), "search: no option '--trails'; did you mean '--trials'?"),
        (("refresh", "demo", "--hom", "x"), "refresh: no option '--hom'; did you mean '--home'?"),
        (("schema", "-z"), "schema: no option '-z'; expected one of --home, --json, --help"),
        (("--hlep",), "no option '--hlep'; did you mean '--help'?"),
        (("refresh",), "refresh: EXPERIMENT is missing; candorcast refresh --help tells what it takes"),
        (("init", "x"), "init: --tickers is missing; candorcast init --help tells what it takes"),
        (("export", "demo"), "export: --out is missing; candorcast export --help tells what it takes"),
        (("init", "x", "--tickers"), "--tickers: expected a value"),
        (("init", "x", "--daily=3"), "--daily: it takes no value"),
        (("ledger", "demo", "a", "b"), "ledger: not expected: a b"),
    ],
)
def test_what_a_command_does_not_take_is_refused_in_one_plain_line_with_the_nearest_that_it_takes(
    arguments, told
):
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [f"candorcast: {told}"]


def test_a_command_that_is_like_none_is_answered_with_all_of_them():
    (told,) = run("qqqq").stderr.splitlines()
    assert told.startswith("candorcast: no command 'qqqq'; expected one of ")
    assert all(str(command.name) in told for command in app.registered_commands)


def test_where_nothing_is_asked_there_is_help():
    assert run().stderr.startswith("Usage: ") or run().stdout.startswith("Usage: ")


def test_the_help_of_truth_names_every_kind_that_can_be_planted():
    told = " ".join(run("truth", "--help").stdout.split())
    for kind in choices.names(SIGNALS):
        assert f"{kind}," in told or f"{kind};" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("search", "demo", "--trials", "0"), "--trials: expected at least 1, got 0"),
        (("serve", "demo", "--port", "99999"), "--port: expected at most 65535, got 99999"),
        (("vacuum", "demo", "--days", "soon"), "--days: expected a whole number, got soon"),
        (("truth", "--ic", "strong"), "--ic: expected a number, got strong"),
        (("explain", "demo", "--of", "foo"), "--of: expected one of 'level', 'order', 'scale', got foo"),
    ],
)
def test_a_value_that_an_option_does_not_take_is_refused_in_one_plain_line(arguments, told):
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [f"candorcast: {told}"]


def test_help_names_a_value_as_a_reader_would():
    up = run("up", "--help").stdout
    assert "--port N " in up
    assert "list[" not in up
    assert "<str>" not in up
