"""`schema`: what an experiment's file may hold, for editors."""

from __future__ import annotations

import json

from cli.session import DONE, Session


def schema(session: Session) -> int:
    from tuning.schema import build_schema

    built = build_schema()
    session.terminal.say(json.dumps(built, indent=1, ensure_ascii=False))
    session.terminal.document(built)
    return DONE
