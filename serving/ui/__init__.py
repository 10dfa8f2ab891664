"""The page in the browser. Each file here is one tab, found by its name: `title`, `place`, `build(service)`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastapi import FastAPI

from ml_core.spec import choices
from serving.access import Access
from serving.markup import header, notice
from serving.service import Service
from serving.style import FONTS, LIGHT_ONLY, MONOSPACE, SHEET

if TYPE_CHECKING:
    from gradio import Blocks

PATH = "/ui"


def mount_ui(app: FastAPI, service: Service, access: Access) -> None:
    """Put the page under /ui: no analytics, no uploads, no files, no tracebacks, the API's key as password."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import gradio as gr
    from gradio.themes import Base

    page = build_page(service)
    page.queue(default_concurrency_limit=2, max_size=64, api_open=False)
    gr.mount_gradio_app(
        app,
        page,
        path=PATH,
        auth=access.login if access.needed else None,
        auth_message="Any name. The password is the API key.",
        theme=Base(font=FONTS, font_mono=MONOSPACE, primary_hue="blue", neutral_hue="slate"),
        head=f"<style>{SHEET}</style>",  # its css= rewrites selectors, and those in media queries wrongly
        js=LIGHT_ONLY,
        footer_links=[],
        show_error=False,
        allowed_paths=[],
        max_file_size=1024,
        enable_monitoring=False,
        ssr_mode=False,
    )


def build_page(service: Service) -> Blocks:
    """A head that says what is served, and the tabs in their places."""
    import gradio as gr

    tabs = sorted(
        (choices.load(__name__, name) for name in choices.names(__name__)), key=lambda tab: tab.place
    )
    with gr.Blocks(title="candorcast", analytics_enabled=False, fill_width=False) as page:
        gr.HTML(lambda: show_head(service))
        with gr.Tabs():
            for tab in tabs:
                with gr.Tab(tab.title):
                    tab.build(service)
    return page


def show_head(service: Service) -> str:
    """Who answers, from prices of which day; below it what of that is too old."""
    health = service.health()
    who = f"{health.seat}, version {health.version} of {health.model}"
    parts = {
        **dict.fromkeys(("ok", "old"), f"{who}, prices up to {health.as_of}"),
        "degraded": f"{who}; a newer state cannot be served: {health.failure}",
        "waiting": "no model is served yet",
    }
    old = "".join(notice(f"{text[:1].upper()}{text[1:]}") for text in (health.old, health.old_model) if text)
    return header(health.experiment, health.status, parts[health.status]) + old
