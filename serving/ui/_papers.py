"""Says whether a version is certified, by which key, and shows its card."""

from __future__ import annotations

from html import escape

from serving import markup
from serving.messages import Info


def show_papers(info: Info, card: str) -> str:
    """The certificate's digest and signer, or that there is none; folded below it the card."""
    if info.certificate is None:
        about = (
            "No certificate was signed of it here. candorcast certify signs one, for who wants to check it."
        )
        if info.refit:
            about = f"It was fitted again: what can be certified is version {info.refit.judged}, which was judged."
        inner = ""
    else:
        about = "Signed. Anyone may sign: that the key is whose it is said to be, its owner has to tell you elsewhere."
        one = info.certificate
        rows = [
            ["Signed on", one.day],
            ["Signer, fingerprint", one.fingerprint],
            ["Signer, public key", one.key],
            ["sha256 of the file", one.sha256],
        ]
        inner = markup.table(("Certificate", ""), rows, text=(1,))
    folded = markup.folded("Model card", f'<pre class="wf-paper">{escape(card)}</pre>') if card else ""
    return markup.panel("Papers", about, inner + folded)
