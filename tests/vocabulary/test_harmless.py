"""Names and reasons come from files of strangers: what a screen shows of them does not command it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.terminal import Terminal
from ml_core.vocabulary.harmless import COMMANDS, harmless

RED, LINK, TURNED = "\x1b[31m", "\x1b]8;;http://evil\x07", "\u202e"


@pytest.mark.parametrize("evil", [RED, LINK, TURNED, "\r", "\x9b31m"])
def test_nothing_that_a_command_prints_reaches_the_terminal_as_an_order(evil, capsys):
    terminal, told = Terminal(), f"demo{evil}EVIL"
    for speak in (terminal.step, terminal.say, terminal.warn, terminal.fail):
        speak(told)
    terminal.say(told, styled=True)
    terminal.table([{"model": told}], title=told)
    printed = "".join(capsys.readouterr())
    assert printed.count("EVIL") == 7
    assert evil not in printed


@given(st.text())
def test_other_text_stays_as_it_is(text):
    assert harmless(text) == text or COMMANDS.search(text)
    assert not COMMANDS.search(harmless(text))
