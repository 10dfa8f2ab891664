"""Every `candorcast …` that README and the documents print is one that the command line takes as it stands: its name,
its options, their values and its arguments. What can be run in seconds, `tests/cli/test_documented.py` runs."""

import re
import shlex
from collections.abc import Iterator
from functools import cache

import pytest
import typer
from typer.core import TyperGroup

from cli.line import app
from tests.contracts.test_documents import PAGES, every_page

FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
OF_THE_SHELL = {"", "bash", "sh", "shell", "console"}
IN_LINE = re.compile(r"`(?:\.venv/bin/)?(candorcast [^`\n]+)`")
BEGINS = re.compile(r"^\s*(?:\$ )?(?:\S*/bin/|uvx \S+ \S+ )?(candorcast .*)$")
LEFT_OUT = {"…", "..."}


def printed(text: str) -> Iterator[tuple[str, bool]]:
    """Each command, and whether it stands in a block, where it is whole."""
    for language, block in FENCED.findall(text):
        if language not in OF_THE_SHELL:
            continue
        lines = block.replace("\\\n", " ").splitlines()
        yield from ((found[1], True) for line in lines if (found := BEGINS.match(line)))
    yield from ((line, False) for line in IN_LINE.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


@cache
def command_line() -> TyperGroup:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def refusal(line: str, *, whole: bool) -> str:
    """Why the command line would not take it; empty where it does. One in a sentence may leave out what it is about."""
    words = [word for word in shlex.split(re.split(r"\s[#>|]\s?", line)[0]) if word not in LEFT_OUT][1:]
    group = command_line()
    try:
        if words[0] in ("--help", "-h", "--version", "COMMAND"):
            return ""
        name, command, rest = group.resolve_command(group.make_context("candorcast", list(words)), words)
        assert command is not None
        command.make_context(name, rest)
    except Exception as refused:
        if not whole and type(refused).__name__ == "MissingParameter":
            return ""
        return f"{line}: {getattr(refused, 'message', '') or refused!r}"
    return ""


@every_page
def test_every_command_that_it_prints_is_taken_as_it_stands(page):
    told = [refusal(line, whole=whole) for line, whole in printed(page.read_text(encoding="utf-8"))]
    assert [one for one in told if one] == []


def test_there_are_many_of_them():
    found = [line for page in PAGES for line, _ in printed(page.read_text(encoding="utf-8"))]
    assert len(found) > 100


@pytest.mark.parametrize(
    "line",
    [
        "candorcast serch demo",
        "candorcast search demo --trails 3",
        "candorcast search",
        "candorcast data a b c",
    ],
)
def test_a_command_that_is_not_taken_is_found_out(line):
    assert refusal(line, whole=True)


def test_one_in_a_sentence_may_leave_out_what_it_is_about_and_nothing_else():
    assert refusal("candorcast search", whole=False) == ""
    assert "No such option" in refusal("candorcast search --trails 3", whole=False)
