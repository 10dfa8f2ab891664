"""Lets what is chosen on one tab be chosen on the others: ticker, horizon and day."""

from collections.abc import Mapping
from typing import Any

from gradio import Tab

from serving.ui._tab import Parts

HAND_ON = "(...chosen) => chosen.length > 1 ? chosen : chosen[0]"


def choose_together(shown: Mapping[str, Tab], built: Mapping[str, Parts]) -> dict[str, Any]:
    """The controls by the name that they have in the address. Where several tabs have one of a name, the first tab's is
    meant; the others take its value when they are opened, and give it theirs when a visitor changes it. A tab that
    nobody looks at is not drawn by that. All of it happens in the browser."""
    leading: dict[str, Any] = {}
    for tab, parts in built.items():
        follows = {name: control for name, control in parts.controls.items() if name in leading}
        leading |= {name: control for name, control in parts.controls.items() if name not in leading}
        if not follows:
            continue
        leaders = [leading[name] for name in follows]
        private: dict[str, Any] = {"js": HAND_ON, "api_visibility": "private", "show_progress": "hidden"}
        shown[tab].select(None, inputs=leaders, outputs=list(follows.values()), **private)
        for name, control in follows.items():
            chosen = getattr(
                control, "input", control.change
            )  # a day has no event of its own for a visitor's hand
            chosen(None, inputs=[control], outputs=[leading[name]], **private)
    return leading
