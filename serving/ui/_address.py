"""Keeps what is looked at in the page's address, so that it can be shared: `?tab=forecast&ticker=ALFA&horizon=5`."""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio import HTML, Blocks, Request, Slider, Tab, Tabs

from serving.look import markup

SCRIPT = """<script>
window.candorcastAddress = said => {
  if (!window.candorcastHasRead) return;  // what the page does by itself while it opens is nobody's choice
  const address = new URL(window.location);
  for (const [name, value] of Object.entries(said)) {
    if (value === null || value === undefined || value === "") address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  window.history.replaceState(null, "", address);
};
</script>"""


def follow_address(
    page: Blocks, tabs: Tabs, shown: Mapping[str, Tab], controls: Mapping[str, Any], notice: HTML
) -> None:
    """On load the address says what is shown, and the notice what of it is not there; whatever is chosen then is
    written into it."""

    def read(request: Request) -> list[Any]:
        strange = tell_strange(request, tuple(shown), controls)
        told = gr.update(value=markup.notice(strange), visible=True) if strange else gr.skip()
        return [told, *read_address(request, tuple(shown), controls)]

    opened = page.load(
        read, outputs=[notice, tabs, *controls.values()], api_visibility="private", show_progress="hidden"
    )
    opened.then(None, js="() => { window.candorcastHasRead = true; }", api_visibility="private")
    for name, tab in shown.items():
        tab.select(None, js=f"() => candorcastAddress({{tab: '{name}'}})", api_visibility="private")
    for name, control in controls.items():
        control.change(
            None,
            inputs=[control],
            js=f"said => candorcastAddress({{{name}: said}})",
            api_visibility="private",
        )


def read_address(request: Request, tabs: tuple[str, ...], controls: Mapping[str, Any]) -> list[Any]:
    """What each control is to show; one that the address does not name, or names wrongly, stays as it is."""
    asked = dict(request.query_params)
    tab = asked.get("tab", "").lower()
    updates = [gr.update(selected=tab) if tab in tabs else gr.skip()]
    for name, control in controls.items():
        value = _value_of(control, asked.get(name, ""))
        updates.append(gr.skip() if value is None else gr.update(value=value))
    return updates


def tell_strange(request: Request, tabs: tuple[str, ...], controls: Mapping[str, Any]) -> str:
    """What the address asks for that there is not, in one sentence; empty where all of it is."""
    asked = dict(request.query_params)
    strange = []
    if (tab := asked.get("tab")) and tab.lower() not in tabs:
        strange.append(f"there is no tab '{tab[:40]}', but {', '.join(tabs)}")
    for name, control in controls.items():
        if (said := asked.get(name)) and _value_of(control, said) is None:
            strange.append(f"{name} '{said[:40]}' is none of {_tell_known(control)}")
    return f"The address asks for what is not here: {'; '.join(strange)}." if strange else ""


def _tell_known(control: Any) -> str:
    if isinstance(control, Slider):
        return f"{control.minimum:g} to {control.maximum:g}"
    return ", ".join(str(value) for _, value in control.choices if value)


def _value_of(control: Any, said: str) -> Any:
    """The value of a control that is spelled so: one of its choices, a number that it reaches, or any text where it
    takes one."""
    if isinstance(control, Slider):
        return _number(said, control.minimum, control.maximum)
    choices = {str(value): value for _, value in getattr(control, "choices", None) or ()}
    free = not choices or getattr(control, "allow_custom_value", False)
    return choices.get(said, (said[:40] or None) if free else None)


def _number(said: str, least: float, most: float) -> float | None:
    """What is no number lies nowhere between."""
    try:
        value = float(said)
    except ValueError:
        return None
    return value if least <= value <= most else None
