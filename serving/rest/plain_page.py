"""A plain page of the server's own, beside the app: one look for all of them."""

from html import escape

from serving.look.style import FONTS, MONOSPACE, write_palettes

SHEET = f"""
{write_palettes(":root", "@media (prefers-color-scheme: dark) { :root")} }}
body {{ font: 16px/1.55 {", ".join(FONTS)}; color: var(--ink); background: var(--page); margin: 0; }}
main {{ max-width: 860px; margin: 0 auto; padding: 2rem 1rem 4rem; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.05rem; margin: 0 0 .3rem; }}
h3 {{ font-size: .85rem; color: var(--muted); margin: 1rem 0 .3rem; }}
section {{ background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; }}
section {{ margin: 1rem 0; }}
code, pre {{ font: .85rem/1.5 {", ".join(MONOSPACE)}; }}
pre {{ background: var(--page); border: 1px solid var(--line); border-radius: 8px; padding: .7rem; overflow-x: auto; }}
b.post {{ color: var(--blue); }} b.get {{ color: var(--green); }} a {{ color: var(--blue); }}
table {{ border-collapse: collapse; width: 100%; font-size: .9rem; }}
td {{ border-top: 1px solid var(--line); padding: .35rem .6rem .35rem 0; vertical-align: top; }}
td:nth-child(2) {{ color: var(--muted); }} .scroll {{ overflow-x: auto; }}
"""


def write_document(title: str, inner: str) -> str:
    """`inner` is markup already."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{SHEET}</style></head>'
        f"<body><main>{inner}</main></body></html>"
    )
