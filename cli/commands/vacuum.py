"""`vacuum`: frees what has left the tables long ago; versions that registered models name stay readable."""

from __future__ import annotations

from cli.session import DONE, Session


def vacuum(session: Session, *, days: int) -> int:
    """Free what has left the tables long ago; every version that a registered model names stays readable."""
    from ml_core.data.order import REFRESH_WAIT
    from ml_core.data.store.retention import free_space
    from ml_core.registry.versions import Registry

    source = session.order.source
    models = Registry(session.home).everything()
    named = {
        registered.evidence.data_version
        for registered in models
        if registered.evidence.store == source.identity
    }
    with session.order.alone("refresh", wait=REFRESH_WAIT):
        freed = free_space(session.order.store, named=named, days=days)
    kept = ", ".join(map(str, freed.kept)) or "none"
    session.terminal.say(
        f"{source.identity}: {freed.files} files freed; versions kept for their models: {kept}"
    )
    session.terminal.document({"files": freed.files, "kept": list(freed.kept)})
    return DONE
