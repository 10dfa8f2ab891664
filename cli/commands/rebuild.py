"""`rebuild`: fits a registered model again from its own recipe and compares it byte by byte."""

from __future__ import annotations

from cli.screens import rebuilt
from cli.session import DONE, PARTIAL, Session
from ml_core.errors import InvalidInput
from ml_core.spec.choices import nearest


def rebuild(session: Session, *, model: str, version: str | None) -> int:
    from ml_core.audit.rebuild import rebuild as make_again
    from ml_core.registry.versions import Registry

    terminal, registry = session.terminal, Registry(session.home)
    if not registry.versions(model):
        known = sorted({registered.name for registered in registry.everything()})
        hint = nearest(model, known) if known else "; none is registered yet"
        raise InvalidInput(f"no model '{model}' is registered{hint}")
    registered = registry.find(model, version)
    terminal.step(
        f"fitting {model} version {registered.version} again on data version {registered.evidence.data_version}"
    )
    made = make_again(registered, session.home)
    terminal.table(rebuilt.rebuilt_rows(made), title=f"{model} version {registered.version}")
    if made.same:
        terminal.say(rebuilt.tell_same(made))
    else:
        terminal.warn(rebuilt.why_rebuilt_differs(made))
    terminal.document(
        {
            "model": model,
            "version": registered.version,
            "same": made.same,
            "differing": list(made.differing),
            "since": list(made.since),
            "checksums": dict(made.checksums),
            "then": dict(made.then),
            "now": dict(made.now),
        }
    )
    return DONE if made.same else PARTIAL
