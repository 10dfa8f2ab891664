"""Makes again what a certificate speaks of, from bars alone, and names what comes out otherwise. Of a refit, the
version that was judged is made first, and then what was fitted again from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ml_core.certificate.checked import CheckedPart
from ml_core.certificate.judged import JudgedAgain, judge_again
from ml_core.certificate.on_trust import tell_word
from ml_core.certificate.refitted import RefittedAgain, fit_again
from ml_core.certificate.sections import Certificate
from ml_core.home.settings import Home
from ml_core.home.telling import Tell


def recheck(
    signed: Certificate,
    home: Home,
    *,
    tell: Tell = lambda _: None,
    keep: Callable[[JudgedAgain, RefittedAgain | None], object] | None = None,
) -> list[CheckedPart]:
    """Part by part, and what nothing here is put beside. `keep` is given the version that was judged and
    its refit, if it is one, where nothing came out otherwise."""
    checked, judged = judge_again(signed.of_judged(), home, tell=tell)
    refitted = None
    if refit := signed.about.refit:
        own, refitted = fit_again(signed, refit, judged, home, tell=tell)
        checked = [*_name_version(checked, refit.judged), *own]
    if keep and judged and all(one.same is not False for one in checked):
        keep(judged, refitted)
    return [*checked, *tell_word()]


def _name_version(checked: Sequence[CheckedPart], version: str) -> list[CheckedPart]:
    """Of the version that was judged; the scores are one and the same."""
    return [
        one if one.part == "scores" else replace(one, part=f"{one.part} of version {version}")
        for one in checked
    ]
