"""Draws the panel of the model tab that shows which features were chosen, and why."""

from collections.abc import Sequence

from ml_core.features.selection import Choice
from ml_core.vocabulary import words
from serving.look import markup
from serving.look.markup import Cell, number, panel, table, write


def show_features(choice: Sequence[Choice]) -> str:
    """The inputs by the strength of their link with the target; those that were not judged come last."""
    ic = words.metric("ic")
    rows = [
        [
            Cell(one.feature, "named in the experiment" if one.asked else ""),
            one.group,
            write(one.ic, ic.form),
            number(one.stability),
        ]
        for one in sorted(choice, key=lambda one: -(one.stability or 0.0))
    ]
    about = (
        "What the model reads, chosen on its training dates: the mean over the calendar years of the information "
        "coefficient, and that mean over its error."
    )
    head = ("Feature", "Group", ic.label, f"{ic.label} over its error")
    inner = markup.folded(f"Show {len(rows)}", table(head, rows, text=(1,)))
    return panel("Features", about, inner) if rows else ""
