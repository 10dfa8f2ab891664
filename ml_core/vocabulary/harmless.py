"""Finds in a text what would command a terminal, and shows it instead: names, notes and reasons come from files of
strangers."""

import re

# Control characters but tab and new line; and those by which a line reads in another order than it is written.
COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """The text with each such character spelled out, as in \\x1b."""
    return COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
