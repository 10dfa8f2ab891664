"""Tells who reads an answer the command that helps, as whoever runs this server types it. Where a key is asked for, the
reader may sit at another machine: the paths of this one are no business of his."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ml_core.home.settings import Home
from ml_core.home.spelling import spell_out

ABSOLUTE = re.compile(r"(?<![\w.~:/])/(?:[^\s/'\",;:]+/)*([^\s/'\",;:]+)")

USERINFO = re.compile(r"(?<=://)[^\s/@?#]+@")
NAMED_SECRET = re.compile(r"(?i)((?:password|passwd|secret|token|api_?key)['\"]?\s*=\s*)[^\s,&]+")


@dataclass(frozen=True)
class Hints:
    """`experiment` and `overrides`: how it was asked for. `elsewhere`: whether readers may sit at another machine."""

    experiment: str
    home: Home
    overrides: tuple[str, ...] = ()
    elsewhere: bool = False

    def tell(self, text: str) -> str:
        """The text with the command at its end as it has to be typed beside this server."""
        told = spell_out(text, self.experiment, home=self.home, overrides=self.overrides)
        return hide_paths(told) if self.elsewhere else told


def hide_secrets(text: str) -> str:
    """Who logs in where, as the address of a source may name it, and what is given to a key that sounds like a secret:
    no reader needs either, wherever he sits."""
    return NAMED_SECRET.sub(r"\1***", USERINFO.sub("***@", text))


def hide_paths(text: str) -> str:
    """Paths as they are named from the folder where the server was started, or from its user's own; of others the
    last part alone, and then it is said that the server has more to tell of them."""
    for folder, name in ((Path.cwd(), ""), (Path.home(), "~/")):
        if folder != folder.parent:  # of the root of all, everything else is under it
            text = re.sub(rf"(?<![\w.~/]){re.escape(str(folder))}/", name, text)
    said, run, command = text.rpartition("run: ")
    cut = ABSOLUTE.sub(r"\1", re.sub(r" --home '?/.*?(?=$| --\w)", "", command))
    if run and cut != command:
        run = "on the server, with its own folders, run: "
    return f"{ABSOLUTE.sub(chr(92) + '1', said)}{run}{cut}"
