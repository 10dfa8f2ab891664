"""The page's style sheet: one calm look for charts, tables and controls, in the light and in the dark."""

from serving.style import LIGHT, MONOSPACE, write_palettes


def _follow_theme() -> str:
    """Plotly writes colours into each part of a figure; in the dark they are painted over, bands more thickly."""
    rules = ['.dark .wf-chart [style*="fill-opacity: 0.1"] { fill-opacity: 0.32 !important; }']
    for name in ("ink", "muted", "line", "surface", "blue", "green", "alarm", "grey"):
        red, green, blue = (int(LIGHT[name][at : at + 2], 16) for at in (1, 3, 5))
        rules += [
            f'.dark .wf-chart [style*="{part}: rgb({red}, {green}, {blue})"] {{ {part}: var(--{name}) !important; }}'
            for part in ("fill", "stroke", "background")
        ]
    return "\n".join(rules)


SHEET = f"""
{write_palettes(":root", ":root:has(body.dark), body.dark")}
{_follow_theme()}
html, body, gradio-app {{ background: var(--page) !important; }}
footer {{ display: none !important; }}
.gradio-container {{ margin: 0 auto !important; width: 100% !important; max-width: 1180px !important;
  background: var(--page) !important; color: var(--ink); }}
/* twice the class, so that these rules weigh more than the library's */
.gradio-container.gradio-container {{
button[role="tab"][aria-selected="true"] {{ color: var(--blue); }}
.prose, .html-container {{ color: var(--ink); padding: 0 !important; }}
.wf-head {{ display: flex; align-items: baseline; gap: .75rem; flex-wrap: wrap; padding: .5rem 0 .25rem; }}
.wf-head h1 {{ font-size: 1.35rem; font-weight: 650; letter-spacing: -.01em; margin: 0; color: var(--ink); }}
.wf-head span, .wf-small {{ color: var(--muted); font-size: .875rem; }} .wf-panel > .wf-small {{ margin: .7rem 0 0; }}
.wf-head .wf-dot {{ width: .55rem; height: .55rem; border-radius: 50%; align-self: center;
  background: var(--green); }}
.wf-head .wf-dot.degraded {{ background: var(--alarm); }}
.wf-head .wf-dot.waiting, .wf-head .wf-dot.old {{ background: var(--warn); }}
.wf-switch {{ display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: .4rem 0 0; font-size: .9rem; }}
.wf-switch a {{ color: var(--blue); }} .wf-switch b {{ font-weight: 620; border-bottom: 2px solid var(--ink); }}
.wf-cards {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .75rem; }}
.wf-card {{ background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: .75rem .9rem; }}
.wf-card span, .wf-card small {{ display: block; color: var(--muted); font-size: .8rem; }}
.wf-card strong {{ display: block; margin: .1rem 0; font-size: 1.25rem; font-weight: 620;
  font-variant-numeric: tabular-nums; }}
.wf-card strong.wf-up, .wf-up {{ color: var(--blue); }} .wf-card strong.wf-down, .wf-down {{ color: var(--down); }}
.wf-panel {{ background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem; }}
.wf-panel h2 {{ font-size: 1rem; font-weight: 620; margin: 0 0 .2rem; color: var(--ink); }}
.wf-panel > p {{ margin: 0 0 .7rem; color: var(--muted); font-size: .875rem; }}
.wf-paper {{ white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8125rem; margin: .5rem 0 0; }}
/* a shadow stands at the side where a table goes on; once it is seen to its end a cover hides it */
.wf-scroll {{ overflow-x: auto; background: linear-gradient(to right, var(--surface) 35%, transparent) left,
  linear-gradient(to left, var(--surface) 35%, transparent) right, linear-gradient(to right, var(--shade),
  transparent) left, linear-gradient(to left, var(--shade), transparent) right, var(--surface);
  background-size: 3rem 100%, 3rem 100%, 1rem 100%, 1rem 100%, 100% 100%; background-repeat: no-repeat;
  background-attachment: local, local, scroll, scroll, scroll; }}
.wf-scroll:focus-visible {{ outline: 2px solid var(--blue); outline-offset: 2px; }}
table.wf {{ border-collapse: collapse; border: 0 !important; width: 100%; margin: 0; font-size: .9rem;
  font-variant-numeric: tabular-nums; }}
table.wf :is(thead, tbody, tr) {{ border: 0; background: none; }}
table.wf :is(th, td) {{ border: 0; border-bottom: 1px solid var(--line); padding: .45rem .6rem;
  text-align: right; white-space: nowrap; vertical-align: top; color: var(--ink); }}
table.wf th {{ color: var(--muted); font-weight: 500; }}
table.wf tbody tr:last-child td {{ border-bottom: 0; }}
table.wf :is(th, td):first-child {{ text-align: left; padding-left: 0; }}
table.wf :is(th, td):last-child {{ padding-right: 0; }}
table.wf .wf-text {{ text-align: left; white-space: normal; min-width: 15rem; }}
table.wf small {{ display: block; color: var(--muted); font-size: .78rem; font-weight: 400; }}
table.wf .wf-own {{ font-weight: 620; }}
.wf-card strong.wf-unproven, table.wf td.wf-unproven {{ color: var(--muted); font-weight: 400; }}
table.wf td.wf-why {{ color: var(--muted); white-space: normal; min-width: 9rem; max-width: 15rem; }}
table.wf .wf-pass {{ color: var(--pass); font-weight: 600; }}
table.wf .wf-refuse {{ color: var(--refuse); font-weight: 600; }}
.wf-chips {{ display: flex; flex-wrap: wrap; gap: .4rem; }}
.wf-chip {{ border: 1px solid var(--line); border-radius: 99px; padding: .1rem .6rem; font-size: .8rem;
  color: var(--muted); }}
.wf-chip.wf-pass {{ border-color: var(--green); }}
.wf-link {{ background: none; border: 0; padding: 0; font: inherit; font-weight: 620; color: var(--blue);
  cursor: pointer; }}
.wf-link:hover {{ text-decoration: underline; }}
.wf-link:focus-visible {{ outline: 2px solid var(--blue); outline-offset: 2px; }}
table.wf-board td {{ vertical-align: middle; }} table.wf-board tbody tr:hover {{ background: var(--page); }}
.wf-bar svg {{ display: block; margin-left: auto; max-width: 100%; }}
.wf-bar rect {{ fill: var(--bar); }} .wf-bar line {{ stroke: var(--grey); stroke-width: 1; }}
.wf-bar circle {{ fill: var(--surface); stroke: var(--muted); stroke-width: 1.5; }}
.wf-bar circle.sure {{ fill: var(--green); stroke: var(--green); }}
.wf-gauge rect {{ fill: var(--gauge); }} .wf-gauge.over rect {{ fill: var(--alarm); }}
.wf-gauge line {{ stroke: var(--ink); stroke-width: 1.5; }}
.wf-spark polyline {{ fill: none; stroke: var(--muted); stroke-width: 1.5; }}
.wf-panel details summary {{ cursor: pointer; color: var(--muted); font-size: .875rem; }}
.wf-notice {{ background: var(--note); border: 1px solid var(--note-line); border-radius: 10px;
  padding: .8rem 1rem; color: var(--ink); }}
.wf-notice + .wf-notice {{ margin-top: .5rem; }}
.wf-notice code {{ background: var(--note-code); padding: .1rem .35rem; border-radius: 4px; }}
.wf-going::before {{ content: ""; display: inline-block; width: .8em; height: .8em; margin-right: .5em;
  border: 2px solid currentColor; border-right-color: transparent; border-radius: 50%; vertical-align: -.1em;
  animation: wf-turn 1s linear infinite; }}
@keyframes wf-turn {{ to {{ transform: rotate(360deg); }} }}
@media (prefers-reduced-motion: reduce) {{ .wf-going::before {{ animation: none; }} }}
.wf-disclaimer {{ color: var(--muted); font-size: .8rem; padding: .25rem 0 1rem; }}
.wf-log {{ max-height: 24rem; overflow: auto; display: flex; flex-direction: column-reverse;
  border: 1px solid var(--line); border-radius: 8px; background: var(--page); margin-top: .7rem; }}
.wf-log pre {{ margin: 0; padding: .7rem .9rem; font: .8rem/1.5 {", ".join(MONOSPACE)}; color: var(--ink);
  background: none; white-space: pre-wrap; overflow-wrap: anywhere; }}
.wf-far {{ height: .5rem; border-radius: 99px; background: var(--line); overflow: hidden; margin-top: .6rem; }}
.wf-far i {{ display: block; height: 100%; }}
.wf-lead .wf-panel {{ background: none; border: 0; padding: .4rem .1rem 0; }} .wf-lead .wf-panel > p {{ margin: 0; }}
.wf-stack {{ display: grid; gap: .9rem; grid-template-columns: minmax(0, 1fr); }}
.wf-chart .modebar, .wf-chart .label-wrap {{ display: none !important; }}
.wf-chart {{ background: var(--surface); border: 1px solid var(--line) !important; border-radius: 10px !important;
  position: relative; }}
.wf-save-picture {{ position: absolute; top: .4rem; right: .5rem; z-index: 2; opacity: 0; cursor: pointer;
  font-size: .75rem; color: var(--muted); background: var(--surface); border: 1px solid var(--line);
  border-radius: 6px; padding: .1rem .5rem; }}
.wf-chart:hover .wf-save-picture, .wf-save-picture:focus-visible {{ opacity: 1; }}
.wf-save {{ color: var(--blue); font-size: .875rem; }}
.wf-candles {{ height: 540px; display: flex; flex-direction: column; }}
.wf-canvas {{ flex: 1; min-height: 0; }} .wf-canvas :is(table, tr, td) {{ border: 0 !important; margin: 0; }}
.wf-canvas:focus-visible {{ outline: 2px solid var(--blue); }}
.wf-legend {{ display: flex; flex-wrap: wrap; gap: .1rem 1rem; min-height: 2.9rem; padding: .6rem .8rem 0;
  align-content: flex-start; font-size: .8rem; color: var(--muted); font-variant-numeric: tabular-nums; }}
.wf-legend .wf-day {{ flex-basis: 100%; color: var(--ink); }}
.wf-legend i {{ display: inline-block; width: 1.3rem; vertical-align: middle; margin-right: .4rem;
  border-top: 2px solid; }} .wf-legend i.wf-dotted {{ border-top-style: dotted; }}
.wf-legend i.wf-broad {{ border-top-width: .7rem; opacity: .3; }}
.wf-candles + .wf-small {{ margin: 0; padding: .3rem .8rem .5rem; font-size: .75rem; }}
@media (hover: none) {{ .wf-save-picture {{ opacity: 1; }} }}
@media (max-width: 640px) {{
  .app {{ padding: .9rem !important; }}
  .wf-cards {{ grid-template-columns: repeat(2, 1fr); gap: .5rem; }}
  .wf-card strong {{ font-size: 1.05rem; }}
  .wf-card:last-child:nth-child(odd) {{ grid-column: span 2; }}
  .wf-panel {{ padding: .8rem; }}
  table.wf :is(th, td) {{ padding: .45rem .35rem; }}
  table.wf small {{ font-size: .72rem; }}
  table.wf :is(th, th small, td:first-child, .wf-words, .wf-words small) {{ white-space: normal; }}
  .wf-scroll table.wf :is(th, td):first-child {{ position: sticky; left: 0; background: var(--surface); }}
  .wf-candles {{ height: 600px; }} .wf-legend {{ min-height: 6.2rem; }}
  .wf-wide {{ display: none; }} .wf-bar svg {{ width: 82px; max-width: none; }}
  .wf-bar rect {{ transform: scaleY(2.4); transform-box: fill-box; transform-origin: center; }}
  .wf-bar circle {{ r: 9px; stroke-width: 4; }}
}}
}}
"""
