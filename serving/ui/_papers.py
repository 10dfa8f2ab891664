"""Says whether a version is certified, by which key, and shows its card."""

from __future__ import annotations

import base64
import datetime as dt
from html import escape
from typing import Any

from serving.look import markup
from serving.messages import Info


def show_papers(info: Info, *, card: str, certificate_file: str | None, **_: Any) -> str:
    """The certificate's digest and signer, or that there is none; folded below it the card."""
    if info.certificate is None:
        about = (
            "No certificate was signed of it here. candorcast certify signs one, for who wants to check it."
        )
        inner = ""
    else:
        about = "Signed. Anyone may sign: that the key is whose it is said to be, its owner has to tell you elsewhere."
        one = info.certificate
        rows = [
            ["Signed on", f"{dt.date.fromisoformat(one.day):%d %b %Y}"],
            ["Signer, fingerprint", one.fingerprint],
            ["Signer, public key", one.key],
            ["sha256 of the file", one.sha256],
        ]
        inner = markup.table(("Certificate", ""), rows, text=(1,))
        if certificate_file:
            inner += _offer(certificate_file, f"{info.model}-{info.version}.certificate")
    folded = markup.folded("Model card", f'<pre class="cc-paper">{escape(card)}</pre>') if card else ""
    return markup.panel("Papers", about, inner + folded)


def _offer(content: str, name: str) -> str:
    """The file itself, to be kept; it stands in the page, so that whoever sees the page may have it."""
    told = base64.b64encode(content.encode()).decode()
    link = f'<a download="{escape(name)}" href="data:text/plain;base64,{told}">{escape(name)}</a>'
    return f"<p>{link} &middot; to check it: candorcast recheck {escape(name)}</p>"
