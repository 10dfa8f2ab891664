"""Asks, before anything is done on the page, whether whoever is logged in may. A button that is greyed out keeps nobody
out: what it calls can be called without it."""

from typing import Any

from ml_core.errors import InvalidInput
from serving.door.access import Access, refuse
from serving.door.keys import Scope, Visitor
from serving.look import markup


def require(access: Access, request: Any, scope: Scope) -> Visitor:
    """Who asks; refused in one line where he may not. `request` is Gradio's."""
    visitor = access.logged_in(request.username)
    if visitor is None or not visitor.may(scope):
        raise InvalidInput(refuse(visitor, scope))
    return visitor


def may(access: Access, request: Any, scope: Scope) -> bool:
    visitor = access.logged_in(request.username)
    return visitor is not None and visitor.may(scope)


def tell_refused(access: Access, request: Any, scope: Scope) -> str:
    """A notice of why he may not; nothing where he may."""
    visitor = access.logged_in(request.username)
    return "" if visitor and visitor.may(scope) else markup.notice(markup.begin(f"{refuse(visitor, scope)}."))
