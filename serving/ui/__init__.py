"""The page in the browser. Each file here is one tab, found by its name; it says `TAB = Tab(…)`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastapi import FastAPI

from serving.addresses import PAGE, page_of
from serving.door.access import Access
from serving.experiments import Experiments
from serving.look.markup import header, notice, switch
from serving.look.sheet import SHEET
from serving.look.style import FONTS, MONOSPACE
from serving.service import Service
from serving.ui._tab import Parts, load_tabs

if TYPE_CHECKING:
    from gradio import Blocks

# Another experiment opens on the tab that is shown.
STAY = """element.addEventListener('click', event => {
  const other = event.target.closest('.cc-switch a');
  const tab = new URL(window.location).searchParams.get('tab');
  if (other && tab) other.href = `${other.href}&tab=${tab}`;
});"""


def mount_page(service: Service, experiments: Experiments, access: Access) -> FastAPI:
    """The page under /ui: no analytics, no uploads, no files, no tracebacks, the API's key as password."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import gradio as gr
    from gradio.themes import Base

    from serving.look.scripts import save_pictures
    from serving.ui._address import SCRIPT

    page = build_page(service, access, experiments)
    page.queue(default_concurrency_limit=2, max_size=64, api_open=False)
    return gr.mount_gradio_app(
        FastAPI(),
        page,
        path=PAGE,
        auth=access.login if access.needed else None,
        auth_message="The name of your key, or any name with the one key of the server. The password is the key.",
        theme=Base(font=FONTS, font_mono=MONOSPACE, primary_hue="blue", neutral_hue="slate"),
        # Its css= rewrites selectors, and those in media queries wrongly.
        head=f"<style>{SHEET}</style>{SCRIPT}{save_pictures()}",
        footer_links=[],
        show_error=False,
        allowed_paths=[],
        max_file_size=1024,
        enable_monitoring=False,
        ssr_mode=False,
        i18n=gr.I18n(en={"common.complete": "done"}),  # it reads that aloud, and has no word for it
    )


def build_page(service: Service, access: Access, experiments: Experiments | None = None) -> Blocks:
    """A head that says what is served, beside which others, and the tabs in their places."""
    import gradio as gr

    from serving.ui._address import follow_address
    from serving.ui._drawing import draw_when_opened
    from serving.ui._opening import open_tickers
    from serving.ui._together import choose_together

    built: dict[str, Parts] = {}
    with gr.Blocks(title="candorcast", analytics_enabled=False, fill_width=False) as page:
        gr.HTML(lambda: show_head(service, experiments), elem_id="head", js_on_load=STAY)
        notice = gr.HTML(visible=False, elem_id="address-notice")
        with gr.Tabs() as tabs:
            shown = {}
            for tab in load_tabs():
                with gr.Tab(tab.title, id=tab.name) as shown[tab.name]:
                    built[tab.name] = tab.lay(service, access)
        follow_address(page, tabs, shown, choose_together(shown, built), notice)
        open_tickers(tabs, built)
        draw_when_opened(shown, built)
    return page


def show_head(service: Service, experiments: Experiments | None = None) -> str:
    """Which experiment this is among those that are served; who answers, from prices of which day; below it what of
    that is too old."""
    health = service.health()
    made_up = "simulated " if service.experiment.data.source == "simulated" else ""
    through = f"{made_up}prices up to {health.as_of:%d %b %Y}" if health.as_of else "no prices"
    who = f"{health.seat}, version {health.version} of {health.model}"
    parts = {
        **dict.fromkeys(("ok", "old"), f"{who}, {through}"),
        "degraded": f"{who}; a newer state cannot be served: {health.failure}",
        "waiting": "no model is served yet",
    }
    old = "".join(notice(f"{text[:1].upper()}{text[1:]}") for text in (health.old, health.old_model) if text)
    among = _switch(health.experiment, experiments) if experiments and experiments.several else ""
    return among + header(health.experiment, health.status, parts[health.status]) + old


def _switch(shown: str, experiments: Experiments) -> str:
    """The others as links; of one that cannot be opened, why."""
    others = {name: page_of(name) for name in experiments.names if name in experiments.opened}
    closed = (f"{name} cannot be opened: {why}" for name, why in experiments.closed.items())
    return switch(shown, others) + "".join(map(notice, closed))
