"""What is said of one key of an experiment's file."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Key:
    """`about`: a sentence that says what it is. `example`: how it is written, where the default does not show that."""

    about: str
    example: Any = None
