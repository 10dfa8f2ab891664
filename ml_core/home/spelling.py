"""Spells a command so that the user can type it as printed, with his home and overrides. Error messages end in such
commands."""

import re
import shlex

from ml_core.home.settings import Home, home_without_option

COMMAND = re.compile(r"candorcast (\w+) (\S+)((?: --\w+(?: [\w.]+(?:=\S+)?)?)*)$")


def spell(verb: str, experiment: str = "", *, home: Home, overrides: tuple[str, ...] = ()) -> str:
    """The command with the same overrides, and with `--home` unless it would find this home without."""
    words = ["candorcast", verb, *([experiment] if experiment else [])]
    words += [word for override in overrides for word in ("--set", override)]
    if home_without_option() != home.root:
        words += ["--home", str(home.root)]
    return shlex.join(words)


def spell_out(text: str, experiment: str, *, home: Home, overrides: tuple[str, ...]) -> str:
    """The text with the command at its end as this user has to type it: below the front door an experiment is known
    by its name alone, but a file is found by its path. What is spelled out already stays."""
    return COMMAND.sub(
        lambda match: spell(match[1], experiment or match[2], home=home, overrides=overrides) + match[3], text
    )
