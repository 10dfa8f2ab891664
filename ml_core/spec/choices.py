"""Lists and loads the choices that a folder offers: each public module in it is one, found by its file's name. Beside
them stand those that were registered from outside, where a folder is open to that."""

import difflib
import pkgutil
from importlib import import_module
from typing import Any, TypeVar

from ml_core.errors import InvalidInput
from ml_core.spec.outside import OPEN, Outside, find_outside

Declared = TypeVar("Declared")
MOST = 40  # names that a refusal lists


def names(package: str) -> list[str]:
    """The names that `load` accepts for this package, in alphabetical order."""
    return sorted({*own_names(package), *_outside(package)})


def own_names(package: str) -> list[str]:
    """Those that have a file in it."""
    path = import_module(package).__path__
    return sorted(module.name for module in pkgutil.iter_modules(path) if not module.name.startswith("_"))


def _outside(package: str) -> dict[str, Outside]:
    return find_outside(OPEN[package]) if package in OPEN else {}


def check(package: str, name: str) -> None:
    """Refuse a name that is unknown, with the nearest known one; the module is not imported."""
    known = names(package)
    if name not in known:
        raise InvalidInput(f"unknown {_singular(package)} '{name}'{nearest(name, known)}")


def load(package: str, name: str) -> Any:
    """The module of that name, or what was registered by it; an unknown name is answered with the nearest known one."""
    check(package, name)
    outside = _outside(package).get(name)
    return outside.load() if outside else import_module(f"{package}.{name}")


def declared(package: str, name: str, kind: type[Declared]) -> Declared:
    """What the module of that name says of itself in one line: of a class `Claim` it says `CLAIM = Claim(…)`."""
    word = kind.__name__.upper()
    declaration = getattr(load(package, name), word, None)
    if not isinstance(declaration, kind):
        file = f"{package.replace('.', '/')}/{name}.py"
        raise TypeError(
            f"{file}: expected {word} = {kind.__name__}(…) of {kind.__module__}, got {declaration!r}"
        )
    return declaration


def _singular(package: str) -> str:
    kind = package.rsplit(".", 1)[-1]
    return f"{kind.removesuffix('ies')}y" if kind.endswith("ies") else kind.removesuffix("s")


def nearest(name: str, known: list[str], *, below: str = "", rest: str = "") -> str:
    """`; did you mean 'lstm'?` or, where nothing is near, the whole list, of a long one the beginning. `below`: the
    section that all stand in; `rest`: what was asked for in a section of that name."""
    if not known:
        return "; none is known here"
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{below}{close[0]}{rest}'?"
    more = f" and {len(known) - MOST} more" if len(known) > MOST else ""
    return f"; expected one of {', '.join(known[:MOST])}{more}"
