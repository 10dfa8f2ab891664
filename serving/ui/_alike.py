"""Says below an explanation what else tells why: what the model looked at, what past was like this one, what would have
turned it."""

from __future__ import annotations

from ml_core.explain.amounts import tell_amount
from ml_core.explain.methods.counterfactual import Change
from ml_core.explain.spoken import APART, NO_SAY, tell, tell_compared, tell_none_alike, tell_places
from ml_core.vocabulary import words
from serving.explanations import Explained
from serving.look import markup
from serving.look.markup import Cell


def tell_attention(told: Explained) -> str:
    """What is drawn, or why nothing is."""
    if told.attention is None:
        return f"{markup.begin(told.silent.get('attention', 'nothing attends'))}."
    inputs = list(told.attention.by_input.items())[:5]
    chosen = ", ".join(f"{tell(name)} {_share(share)}" for name, share in inputs)
    most = max(range(len(told.attention.by_lag)), key=told.attention.by_lag.__getitem__)
    each = (
        "How much of its attention the last step gives each session of the window: at most "
        f"{_share(told.attention.by_lag[most])}, where even attention would give {_share(told.attention.even[most])}."
    )
    even = _share(1 / len(told.attention.by_input)) if chosen else ""
    said = [each]
    if chosen:
        said.append(f"Inputs by their weight: {chosen}; even weights would be {even} each.")
    if not told.moved.by_inputs:
        said.append(f"{markup.begin(NO_SAY)}.")
    return " ".join(said)


def _share(share: float) -> str:
    return words.percent(share, digits=1, sign=False)


def show_alike(told: Explained, *, priced: bool) -> str:
    """The past windows that moved the model most like this one."""
    if told.alike is None:
        return markup.panel(words.HEADINGS["alike"], f"{markup.begin(told.silent.get('alike', ''))}.", "")

    def amount(value: float) -> str:
        return markup.typeset(tell_amount(value, "level", priced=priced))

    compared = f"{markup.begin(tell_compared(told.alike))}."
    if not told.alike.found:
        nothing = f"{markup.begin(tell_none_alike(told.alike))}."
        return markup.panel(words.HEADINGS["alike"], f"{nothing} {compared}", "")
    rows = [
        [
            Cell(one.ticker, f"{one.as_of:%d %b %Y}"),
            f"{one.likeness:.2f}",
            amount(one.said),
            Cell(amount(one.came), look=markup.direction(one.came)),
        ]
        for one in told.alike.found
    ]
    head = ("Window", "Alike", "The model says", "What came")
    lead = f"{compared} What it says of days that it learned from proves nothing."
    return markup.panel(words.HEADINGS["alike"], lead, markup.table(head, rows))


def show_turning(told: Explained, *, priced: bool) -> str:
    """What change of today's inputs would have turned the sign."""
    title, turn = words.HEADINGS["turned"], told.counterfactual
    if turn is None:
        return markup.panel(title, f"{markup.begin(told.silent.get('counterfactual', ''))}.", "")
    if not turn.changes:
        return markup.panel(title, "No single input that any day has shown brings it nearer to zero.", "")
    rows = [_changed(one) for one in turn.changes]
    ends = " to ".join(
        markup.typeset(tell_amount(value, "level", priced=priced)) for value in (turn.before, turn.after)
    )
    about = f"With these inputs it would have gone from {ends}"
    about += "." if turn.turned else ": nearer to zero, but no other sign."
    about += f" {markup.begin(APART)}."
    return markup.panel(title, about, markup.table(("Input", "Is", "Would be", "Known values between"), rows))


def _changed(one: Change) -> list[Cell | str]:
    now, needed = (markup.typeset(told) for told in words.apart(one.value, one.needed))
    side = "higher" if one.needed > one.value else "lower"
    return [Cell(one.words), now, Cell(needed, side), tell_places(one.places)]
