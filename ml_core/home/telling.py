"""How work that takes long says what it does: a sentence at a time, to whoever began it."""

from collections.abc import Callable
from typing import TypeAlias

Tell: TypeAlias = Callable[[str], None]
