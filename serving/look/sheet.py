"""The page's style sheet: one calm look for charts, tables and controls, in the light and in the dark."""

from serving.look.style import LIGHT, MONOSPACE, write_palettes


def _follow_theme() -> str:
    """Plotly writes colours into each part of a figure; in the dark they are painted over, bands more thickly."""
    rules = ['.dark .cc-chart [style*="fill-opacity: 0.1"] { fill-opacity: 0.32 !important; }']
    for name in ("ink", "muted", "line", "surface", "blue", "green", "alarm", "grey"):
        red, green, blue = (int(LIGHT[name][at : at + 2], 16) for at in (1, 3, 5))
        rules += [
            f'.dark .cc-chart [style*="{part}: rgb({red}, {green}, {blue})"] {{ {part}: var(--{name}) !important; }}'
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
.cc-head {{ display: flex; align-items: baseline; gap: .75rem; flex-wrap: wrap; padding: .5rem 0 .25rem; }}
.cc-head h1 {{ font-size: 1.35rem; font-weight: 650; letter-spacing: -.01em; margin: 0; color: var(--ink); }}
.cc-head span, .cc-small {{ color: var(--muted); font-size: .875rem; }} .cc-panel > .cc-small {{ margin: .7rem 0 0; }}
.cc-head .cc-dot {{ width: .55rem; height: .55rem; border-radius: 50%; align-self: center;
  background: var(--green); }}
.cc-head .cc-dot.degraded {{ background: var(--alarm); }}
.cc-head .cc-dot.waiting, .cc-head .cc-dot.old {{ background: var(--warn); }}
.cc-switch {{ display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: .4rem 0 0; font-size: .9rem; }}
.cc-switch a {{ color: var(--blue); }} .cc-switch b {{ font-weight: 620; border-bottom: 2px solid var(--ink); }}
.cc-cards {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .75rem; }}
.cc-card {{ background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: .75rem .9rem; }}
.cc-card span, .cc-card small {{ display: block; color: var(--muted); font-size: .8rem; }}
.cc-card strong {{ display: block; margin: .1rem 0; font-size: 1.25rem; font-weight: 620;
  font-variant-numeric: tabular-nums; }}
.cc-card strong.cc-up, .cc-up {{ color: var(--blue); }} .cc-card strong.cc-down, .cc-down {{ color: var(--down); }}
.cc-panel {{ background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem; }}
.cc-lead + .cc-notice {{ margin-top: .6rem; }}
.cc-panel h2 {{ font-size: 1rem; font-weight: 620; margin: 0 0 .2rem; color: var(--ink); }}
.cc-panel > p {{ margin: 0 0 .7rem; color: var(--muted); font-size: .875rem; }}
.cc-paper {{ white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8125rem; margin: .5rem 0 0; }}
/* a shadow stands at the side where a table goes on; once it is seen to its end a cover hides it */
.cc-scroll {{ overflow-x: auto; background: linear-gradient(to right, var(--surface) 35%, transparent) left,
  linear-gradient(to left, var(--surface) 35%, transparent) right, linear-gradient(to right, var(--shade),
  transparent) left, linear-gradient(to left, var(--shade), transparent) right, var(--surface);
  background-size: 3rem 100%, 3rem 100%, 1rem 100%, 1rem 100%, 100% 100%; background-repeat: no-repeat;
  background-attachment: local, local, scroll, scroll, scroll; }}
.cc-scroll:focus-visible {{ outline: 2px solid var(--blue); outline-offset: 2px; }}
table.cc {{ border-collapse: collapse; border: 0 !important; width: 100%; margin: 0; font-size: .9rem;
  font-variant-numeric: tabular-nums; }}
table.cc :is(thead, tbody, tr) {{ border: 0; background: none; }}
table.cc :is(th, td) {{ border: 0; border-bottom: 1px solid var(--line); padding: .45rem .6rem;
  text-align: right; white-space: nowrap; vertical-align: top; color: var(--ink); }}
table.cc th {{ color: var(--muted); font-weight: 500; }}
table.cc tbody tr:last-child td {{ border-bottom: 0; }}
table.cc :is(th, td):first-child {{ text-align: left; padding-left: 0; }}
table.cc :is(th, td):last-child {{ padding-right: 0; }}
table.cc .cc-text {{ text-align: left; white-space: normal; min-width: 15rem; }}
table.cc small {{ display: block; color: var(--muted); font-size: .78rem; font-weight: 400; }}
table.cc .cc-own {{ font-weight: 620; }}
.cc-card strong.cc-unproven, table.cc td.cc-unproven {{ color: var(--muted); font-weight: 400; }}
table.cc td.cc-why {{ color: var(--muted); white-space: normal; min-width: 9rem; max-width: 15rem; }}
table.cc .cc-pass {{ color: var(--pass); font-weight: 600; }}
table.cc .cc-refuse {{ color: var(--refuse); font-weight: 600; }}
.cc-chips {{ display: flex; flex-wrap: wrap; gap: .4rem; }}
.cc-chip {{ border: 1px solid var(--line); border-radius: 99px; padding: .1rem .6rem; font-size: .8rem;
  color: var(--muted); }}
.cc-chip.cc-pass {{ border-color: var(--green); }}
.cc-link {{ background: none; border: 0; padding: 0; font: inherit; font-weight: 620; color: var(--blue);
  cursor: pointer; }}
.cc-link:hover {{ text-decoration: underline; }}
.cc-link:focus-visible {{ outline: 2px solid var(--blue); outline-offset: 2px; }}
.cc-sort {{ background: none; border: 0; padding: 0; font: inherit; color: inherit; cursor: pointer;
  white-space: nowrap; }}
.cc-sort i {{ font-style: normal; font-size: .7em; margin-left: .3em; }} th[aria-sort] .cc-sort {{ color: var(--ink); }}
.cc-sort:hover {{ text-decoration: underline; }}
.cc-sort:focus-visible {{ outline: 2px solid var(--blue); outline-offset: 2px; }}
table.cc-board td {{ vertical-align: middle; }} table.cc-board tbody tr:hover {{ background: var(--page); }}
.cc-bar svg {{ display: block; margin-left: auto; max-width: 100%; }}
.cc-bar rect {{ fill: var(--bar); }} .cc-bar line {{ stroke: var(--grey); stroke-width: 1; }}
.cc-bar circle {{ fill: var(--surface); stroke: var(--muted); stroke-width: 1.5; }}
.cc-bar circle.sure {{ fill: var(--green); stroke: var(--green); }}
.cc-gauge rect {{ fill: var(--gauge); }} .cc-gauge.over rect {{ fill: var(--alarm); }}
.cc-gauge line {{ stroke: var(--ink); stroke-width: 1.5; }}
.cc-spark polyline {{ fill: none; stroke: var(--muted); stroke-width: 1.5; }}
.cc-panel details summary {{ cursor: pointer; color: var(--muted); font-size: .875rem; }}
.cc-notice {{ background: var(--note); border: 1px solid var(--note-line); border-radius: 10px;
  padding: .8rem 1rem; color: var(--ink); }}
.cc-notice + .cc-notice {{ margin-top: .5rem; }}
.cc-notice code {{ background: var(--note-code); padding: .1rem .35rem; border-radius: 4px; }}
.cc-going::before {{ content: ""; display: inline-block; width: .8em; height: .8em; margin-right: .5em;
  border: 2px solid currentColor; border-right-color: transparent; border-radius: 50%; vertical-align: -.1em;
  animation: cc-turn 1s linear infinite; }}
@keyframes cc-turn {{ to {{ transform: rotate(360deg); }} }}
@media (prefers-reduced-motion: reduce) {{ .cc-going::before {{ animation: none; }} }}
/* the library keeps a day that is none to itself */
.block:has(.timebox input.invalid)::after {{ content: "Expected a day such as 2024-03-28."; display: block;
  color: var(--alarm); font-size: .8rem; padding-top: .25rem; }}
.cc-disclaimer {{ color: var(--muted); font-size: .8rem; padding: .25rem 0 1rem; }}
.cc-log {{ max-height: 24rem; overflow: auto; display: flex; flex-direction: column-reverse;
  border: 1px solid var(--line); border-radius: 8px; background: var(--page); margin-top: .7rem; }}
.cc-log pre {{ margin: 0; padding: .7rem .9rem; font: .8rem/1.5 {", ".join(MONOSPACE)}; color: var(--ink);
  background: none; white-space: pre-wrap; overflow-wrap: anywhere; }}
.cc-far {{ height: .5rem; border-radius: 99px; background: var(--line); overflow: hidden; margin-top: .6rem; }}
.cc-far i {{ display: block; height: 100%; }}
.cc-lead .cc-panel {{ background: none; border: 0; padding: .4rem .1rem 0; }} .cc-lead .cc-panel > p {{ margin: 0; }}
.cc-stack {{ display: grid; gap: .9rem; grid-template-columns: minmax(0, 1fr); }}
.cc-chart .modebar, .cc-chart .label-wrap {{ display: none !important; }}
.cc-chart {{ background: var(--surface); border: 1px solid var(--line) !important; border-radius: 10px !important;
  position: relative; }}
.cc-save-picture {{ position: absolute; top: .4rem; right: .5rem; z-index: 2; opacity: 0; cursor: pointer;
  font-size: .75rem; color: var(--muted); background: var(--surface); border: 1px solid var(--line);
  border-radius: 6px; padding: .1rem .5rem; }}
.cc-chart:hover .cc-save-picture, .cc-save-picture:focus-visible {{ opacity: 1; }}
.cc-save {{ color: var(--blue); font-size: .875rem; }}
.cc-candles {{ height: 540px; display: flex; flex-direction: column; }}
.cc-canvas {{ flex: 1; min-height: 0; }} .cc-canvas :is(table, tr, td) {{ border: 0 !important; margin: 0; }}
.cc-canvas:focus-visible {{ outline: 2px solid var(--blue); }}
.cc-legend {{ display: flex; flex-wrap: wrap; gap: .1rem 1rem; min-height: 2.9rem; padding: .6rem .8rem 0;
  align-content: flex-start; font-size: .8rem; color: var(--muted); font-variant-numeric: tabular-nums; }}
.cc-legend .cc-day {{ flex-basis: 100%; color: var(--ink); }}
.cc-legend i {{ display: inline-block; width: 1.3rem; vertical-align: middle; margin-right: .4rem;
  border-top: 2px solid; }} .cc-legend i.cc-dotted {{ border-top-style: dotted; }}
.cc-legend i.cc-broad {{ border-top-width: .7rem; opacity: .3; }}
.cc-candles + .cc-small {{ margin: 0; padding: .3rem .8rem .5rem; font-size: .75rem; }}
@media (hover: none) {{ .cc-save-picture {{ opacity: 1; }} }}
@media (max-width: 640px) {{
  .app {{ padding: .9rem !important; }}
  .cc-cards {{ grid-template-columns: repeat(2, 1fr); gap: .5rem; }}
  .cc-card strong {{ font-size: 1.05rem; }}
  .cc-card:last-child:nth-child(odd) {{ grid-column: span 2; }}
  .cc-panel {{ padding: .8rem; }}
  table.cc :is(th, td) {{ padding: .45rem .35rem; }}
  table.cc small {{ font-size: .72rem; }}
  table.cc :is(th, th small, td:first-child, .cc-words, .cc-words small) {{ white-space: normal; }}
  .cc-scroll table.cc :is(th, td):first-child {{ position: sticky; left: 0; background: var(--surface); }}
  .cc-candles {{ height: 600px; }} .cc-legend {{ min-height: 6.2rem; }}
  .cc-wide {{ display: none; }} .cc-bar svg {{ width: 82px; max-width: none; }}
  .cc-bar rect {{ transform: scaleY(2.4); transform-box: fill-box; transform-origin: center; }}
  .cc-bar circle {{ r: 9px; stroke-width: 4; }}
}}
}}
"""
