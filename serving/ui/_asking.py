"""The controls in which a run's parameters are given, and how they are read: each is shown for the verb that reads
it."""

from typing import Any

from pydantic import ValidationError

from ml_core.errors import InvalidInput
from ml_core.spec.wording import expect
from serving.fields import FORMS
from serving.look import markup
from serving.runs.request import KINDS, RunRequest
from serving.ui._days import AS_OF, read_day

ORDER = ("as_of", "trials", "afresh", "always", "version", "dates")
LABELS = {"as_of": AS_OF, "trials": "Trials", "version": "Version", "dates": "Dates"}


def lay_parameters() -> list[Any]:
    """In their order; those of the first verb are shown."""
    import gradio as gr

    with gr.Row():
        return [
            gr.DateTime(
                label=f"{AS_OF} (optional)",
                include_time=False,
                type="string",
                visible=False,
                elem_id="runs-as_of",
            ),
            gr.Number(
                None, label="Trials in all (optional)", precision=0, visible=False, elem_id="runs-trials"
            ),
            gr.Checkbox(False, label="Run finished trials again", visible=False, elem_id="runs-afresh"),
            gr.Checkbox(False, label="Without waiting until it is due", visible=False, elem_id="runs-always"),
            gr.Textbox(
                label="Version (optional)",
                placeholder="the experiment itself",
                max_length=20,
                visible=False,
                elem_id="runs-version",
            ),
            gr.Number(4, label="Dates to test", precision=0, visible=False, elem_id="runs-dates"),
        ]


def fit_parameters(verb: str) -> list[Any]:
    """What the verb does, and the controls that it reads."""
    import gradio as gr

    (kind,) = (kind for name, kind in KINDS.items() if name == verb)
    return [markup.small(kind.does), *(gr.update(visible=name in kind.options) for name in ORDER)]


def read_request(verb: str, *given: Any) -> RunRequest:
    """Only what the verb reads; what is wrong with it is told in words."""
    known = next((kind.options for name, kind in KINDS.items() if name == verb), ())
    told = {name: value for name, value in zip(ORDER, given, strict=True) if name in known}
    asked = {name: value for name, value in told.items() if value is not None and value != ""}
    if "as_of" in asked:
        asked["as_of"] = read_day(AS_OF, asked["as_of"])
    try:
        return RunRequest.model_validate({"verb": verb, **asked})
    except ValidationError as error:
        problem = error.errors()[0]
        where = LABELS.get(str(problem["loc"][-1]) if problem["loc"] else "", "")
        got = f", got {problem['input']}" if where else ""
        told = expect(problem, FORMS)
        raise InvalidInput(f"{where}: {told}{got}" if where else told) from None
