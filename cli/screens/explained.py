"""Says what other methods find of a forecast: what the model looked at, what past was like this one, what would have
turned it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cli.terminal import aligned
from ml_core.explain.amounts import tell_amount
from ml_core.explain.spoken import APART, NO_SAY, tell_compared, tell_none_alike, tell_places
from ml_core.vocabulary import words

if TYPE_CHECKING:
    from ml_core.explain.methods.alike import Alike
    from ml_core.explain.methods.attention import Attention
    from ml_core.explain.methods.counterfactual import Counterfactual

BARS = " ▁▂▃▄▅▆▇█"
WIDE = 60  # sessions in the picture
TITLES = {
    "attention": words.HEADINGS["looked"].lower(),
    "alike": words.HEADINGS["alike"].lower(),
    "counterfactual": words.HEADINGS["turned"].lower(),
}


def other_lines(found: Mapping[str, Any], *, priced: bool) -> Iterator[str]:
    """Each method under its title; of one that tells nothing, why."""
    for name, lines in SCREENS.items():
        if name in found:
            told = found[name]
            yield ""
            yield TITLES[name] + (f": {told}" if isinstance(told, str) else "")
            if not isinstance(told, str):
                yield from lines(told, priced=priced)
            if name == "attention" and not isinstance(told, str) and "moved" in found:
                yield from () if found["moved"].by_inputs else (f"  {NO_SAY}",)


def attention_lines(told: Attention, *, priced: bool) -> Iterator[str]:
    """A column for each session, the last on the right, and the inputs that count most where it chooses among them."""
    del priced
    shares = told.by_lag[:WIDE][::-1]
    largest = max(shares) or 1.0
    picture = "".join(BARS[round(share / largest * (len(BARS) - 1))] for share in shares)
    last = int(max(range(len(told.by_lag)), key=told.by_lag.__getitem__))
    most = f"most, {_share(told.by_lag[last])}, {last} back; even attention: {_share(told.even[last])} each"
    yield f"  [{picture}] the last session on the right; {most}"
    if told.by_input:
        from ml_core.explain.spoken import tell

        inputs = ", ".join(f"{tell(name)} {_share(share)}" for name, share in list(told.by_input.items())[:5])
        yield f"  inputs by their weight: {inputs}; even weights: {_share(1 / len(told.by_input))} each"


def _share(share: float) -> str:
    return words.percent(share, digits=1, sign=False)


def alike_lines(told: Alike, *, priced: bool) -> Iterator[str]:
    if told.found:
        yield from (
            f"  {line}"
            for line in aligned(
                [
                    {
                        "ticker": one.ticker,
                        "as of": f"{one.as_of}",
                        "alike": f"{one.likeness:.2f}",
                        "the model says": tell_amount(one.said, "level", priced=priced),
                        "what came": tell_amount(one.came, "level", priced=priced),
                    }
                    for one in told.found
                ]
            )
        )
    else:
        yield f"  {tell_none_alike(told)}"
    yield f"  {tell_compared(told)}"
    if told.found:
        yield "  what it says of days that it learned from proves nothing"


def turning_lines(told: Counterfactual, *, priced: bool) -> Iterator[str]:
    if not told.changes:
        yield "  no single input that any day has shown brings it nearer to zero"
        return
    for one in told.changes:
        side = "higher" if one.needed > one.value else "lower"
        now, needed = words.apart(one.value, one.needed)
        moved = f"{one.words} at {needed} in place of {now}"
        yield f"  {moved}: {side}, with {tell_places(one.places)} of known values between"
    ends = f"{tell_amount(told.before, 'level', priced=priced)} to {tell_amount(told.after, 'level', priced=priced)}"
    yield f"  it would go from {ends}" + ("" if told.turned else ": nearer to zero, but no other sign")
    yield f"  {APART}"


SCREENS = {"attention": attention_lines, "alike": alike_lines, "counterfactual": turning_lines}
