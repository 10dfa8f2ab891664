"""Colours, fonts and the page's style sheet: one calm look for charts, tables and controls."""

FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONOSPACE = ["ui-monospace", "Menlo", "Consolas", "monospace"]

INK, MUTED, LINE, SURFACE, PAGE = "#1b2430", "#586374", "#e2e6eb", "#ffffff", "#f6f7f9"
# After Okabe and Ito: told apart in every common form of colour blindness, and in grey.
BLUE, VERMILION, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#e69f00", "#007f5c", "#7b8794"
BAND = "rgba(0, 127, 92, 0.14)"

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1b2430"/>'
    '<path d="M5 21l6-5 5 3 5-8" fill="none" stroke="#fff" stroke-width="2.5"/>'
    '<path d="M21 11l6-6v14z" fill="#7fd1b9"/></svg>'
)
LIGHT_ONLY = "() => document.body.classList.remove('dark')"

SHEET = f"""
html, body, gradio-app {{ background: {PAGE} !important; }}
footer {{ display: none !important; }}
.gradio-container {{ margin: 0 auto !important; width: 100% !important; max-width: 1180px !important;
  background: {PAGE} !important; color: {INK}; }}
/* twice the class, so that these rules weigh more than the library's */
.gradio-container.gradio-container {{
.prose, .html-container {{ color: {INK}; padding: 0 !important; }}
.wf-head {{ display: flex; align-items: baseline; gap: .75rem; flex-wrap: wrap; padding: .5rem 0 .25rem; }}
.wf-head h1 {{ font-size: 1.35rem; font-weight: 650; letter-spacing: -.01em; margin: 0; color: {INK}; }}
.wf-head span, .wf-small {{ color: {MUTED}; font-size: .875rem; }} .wf-panel > .wf-small {{ margin: .7rem 0 0; }}
.wf-head .wf-dot {{ width: .55rem; height: .55rem; border-radius: 50%; align-self: center; background: {GREEN}; }}
.wf-head .wf-dot.degraded {{ background: {VERMILION}; }}
.wf-head .wf-dot.waiting, .wf-head .wf-dot.old {{ background: {ORANGE}; }}
.wf-cards {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .75rem; }}
.wf-card {{ background: {SURFACE}; border: 1px solid {LINE}; border-radius: 10px; padding: .75rem .9rem; }}
.wf-card span, .wf-card small {{ display: block; color: {MUTED}; font-size: .8rem; }}
.wf-card strong {{ display: block; margin: .1rem 0; font-size: 1.25rem; font-weight: 620;
  font-variant-numeric: tabular-nums; }}
.wf-card strong.wf-up, .wf-up {{ color: {BLUE}; }} .wf-card strong.wf-down, .wf-down {{ color: #b34700; }}
.wf-panel {{ background: {SURFACE}; border: 1px solid {LINE}; border-radius: 10px; padding: 1rem 1.1rem; }}
.wf-panel h2 {{ font-size: 1rem; font-weight: 620; margin: 0 0 .2rem; color: {INK}; }}
.wf-panel > p {{ margin: 0 0 .7rem; color: {MUTED}; font-size: .875rem; }}
.wf-scroll {{ overflow-x: auto; }}
table.wf {{ border-collapse: collapse; border: 0 !important; width: 100%; margin: 0; font-size: .9rem;
  font-variant-numeric: tabular-nums; }}
table.wf :is(thead, tbody, tr) {{ border: 0; background: none; }}
table.wf :is(th, td) {{ border: 0; border-bottom: 1px solid {LINE}; padding: .45rem .6rem;
  text-align: right; white-space: nowrap; vertical-align: top; color: {INK}; }}
table.wf th {{ color: {MUTED}; font-weight: 500; }}
table.wf tbody tr:last-child td {{ border-bottom: 0; }}
table.wf :is(th, td):first-child {{ text-align: left; padding-left: 0; }}
table.wf :is(th, td):last-child {{ padding-right: 0; }}
table.wf .wf-text {{ text-align: left; white-space: normal; min-width: 15rem; }}
table.wf small {{ display: block; color: {MUTED}; font-size: .78rem; font-weight: 400; }}
table.wf .wf-own {{ font-weight: 620; }}
.wf-card strong.wf-unproven, table.wf td.wf-unproven {{ color: {MUTED}; font-weight: 400; }}
table.wf td.wf-why {{ color: {MUTED}; white-space: normal; min-width: 9rem; max-width: 15rem; }}
table.wf .wf-pass {{ color: #00573f; font-weight: 600; }}
table.wf .wf-refuse {{ color: #8a3600; font-weight: 600; }}
.wf-panel details summary {{ cursor: pointer; color: {MUTED}; font-size: .875rem; }}
.wf-notice {{ background: #fff8ec; border: 1px solid #f0d9ae; border-radius: 10px; padding: .8rem 1rem; color: {INK}; }}
.wf-notice + .wf-notice {{ margin-top: .5rem; }}
.wf-notice code {{ background: #fdebca; padding: .1rem .35rem; border-radius: 4px; }}
.wf-disclaimer {{ color: {MUTED}; font-size: .8rem; padding: .25rem 0 1rem; }}
.wf-stack {{ display: grid; gap: .9rem; grid-template-columns: minmax(0, 1fr); }}
.wf-chart .modebar, .wf-chart .label-wrap {{ display: none !important; }}
.wf-chart {{ background: {SURFACE}; border: 1px solid {LINE} !important; border-radius: 10px !important; }}
@media (max-width: 640px) {{
  .app {{ padding: .9rem !important; }}
  .wf-cards {{ grid-template-columns: repeat(2, 1fr); gap: .5rem; }}
  .wf-card strong {{ font-size: 1.05rem; }}
  .wf-card:last-child:nth-child(odd) {{ grid-column: span 2; }}
  .wf-panel {{ padding: .8rem; }}
  table.wf :is(th, td) {{ padding: .45rem .35rem; }}
  table.wf small {{ font-size: .72rem; }}
}}
}}
"""
