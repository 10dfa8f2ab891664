"""What a report is about: a version, who was judged for it, and how the reader gets each number again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from ml_core.data.order import Order
from ml_core.errors import ForecastError, NoChampion
from ml_core.home.spelling import spell as spell_plain
from ml_core.registry.evidence import Evidence
from ml_core.registry.lineage import judged_of
from ml_core.registry.recipe import Recipe
from ml_core.registry.seats import tell_seat
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.reporting.document.document import Missing, NumberOrigin
from ml_core.spec.experiment import Experiment

NONE = "none"
Speller = Callable[[str], str]


@dataclass(frozen=True)
class ReportSubject:
    """`version` is who the report is about and `judged` whose evidence it is: of a refit, the version that was judged.
    Both are None where nobody answers yet, with the reason in `why`. `answers`: who is asked where nobody is named.
    `spell` gives a command as the user types it."""

    order: Order
    now: dt.datetime
    spell: Speller
    stored: int | None
    version: ModelVersion | None = None
    judged: ModelVersion | None = None
    answers: ModelVersion | None = None
    why: str = ""

    @property
    def evidence(self) -> Evidence | None:
        """What the version was judged by, where that can be read."""
        return self.version.evidence if self.version and self.version.readable else None

    @property
    def experiment(self) -> Experiment:
        """As the version was made; of a version that does not say, as the file is now."""
        recipe = self.evidence.recipe if self.evidence else None
        return recipe.experiment if isinstance(recipe, Recipe) else self.order.experiment

    @property
    def sits(self) -> bool:
        """Whether it is the one that answers."""
        return self.version is not None and self.answers is not None and self._number == self.answers.version

    @property
    def seat(self) -> str:
        return tell_seat(self.version) if self.evidence and self.version else ""

    def then(self, verb: str, *more: str, named: bool = True) -> NumberOrigin:
        """Of a number that was measured on the version that was judged: of a refit, another than itself. `named`: the
        command takes a version."""
        return self._of(self.judged or self.version, verb, *more, named=named)

    def itself(self, verb: str, *more: str, named: bool = True) -> NumberOrigin:
        """Of a number that is of the version itself, be it judged or not."""
        return self._of(self.version, verb, *more, named=named)

    def both(self, verb: str, *more: str) -> NumberOrigin:
        """Of what the version has taken over, with the numbers of the one that was judged."""
        origin, judged = self.itself(verb, *more, named=False), self.judged
        if judged is None or judged == self.version:
            return origin
        return replace(origin, version=f"{origin.version}, its numbers measured on version {judged.version}")

    def reported(self) -> NumberOrigin:
        """Of a number that was measured on the version that was judged, and that no other command gives than that of
        this report."""
        report = " ".join([self.spell("report"), "--version", self._number, "--out", "report.html"])
        return replace(self.then("report"), command=report, own=True)

    def _of(self, version: ModelVersion | None, verb: str, *more: str, named: bool) -> NumberOrigin:
        data = f"{version.evidence.data_version}" if version and version.readable else NONE
        asked = ("--version", version.version) if version and named else ()
        number = version.version if version else NONE
        return NumberOrigin(number, data, " ".join([self.spell(verb), *asked, *more]))

    def today(self, verb: str, *more: str) -> NumberOrigin:
        """Of a number that was measured on what is stored now."""
        return NumberOrigin(
            self._number,
            NONE if self.stored is None else f"{self.stored}",
            " ".join([self.spell(verb), *more]),
        )

    @property
    def asked(self) -> tuple[str, ...]:
        """What names the version in a command; nothing where it is who answers."""
        return () if self.sits or self.version is None else ("--version", self._number)

    def lacking(self, title: str, told: str) -> Missing:
        """What could not be told, and the command that helps as the user types it."""
        why, _, command = told.removesuffix(".").partition("; run: candorcast ")
        verb, _, rest = command.partition(" ")
        more = rest.partition(" --")[2]
        helps = " ".join(filter(None, (self.spell(verb), more and f"--{more}"))) if verb else ""
        return Missing(title, f"{why}.", helps)

    @property
    def _number(self) -> str:
        return self.version.version if self.version else NONE


def open_subject(
    order: Order, version: str | None, *, now: dt.datetime, spell: Speller | None = None
) -> ReportSubject:
    """That version, or whoever answers; a version that was named and is not there is refused."""
    registry, stored = Registry(order.home), order.store.bars.version()
    speller = spell or (lambda verb: spell_plain(verb, order.experiment.name, home=order.home))
    try:
        registered = registry.find(order.name, version)
    except NoChampion as error:
        if version is not None:
            raise
        return ReportSubject(order, now, speller, stored, why=str(error))
    answers = registered if version is None else _find_answering(registry, order.name)
    if not registered.readable:
        return ReportSubject(
            order, now, speller, stored, version=registered, answers=answers, why=str(registered.read)
        )
    try:
        judged = judged_of(registry, registered)
    except ForecastError:
        judged = registered
    return ReportSubject(order, now, speller, stored, version=registered, judged=judged, answers=answers)


def _find_answering(registry: Registry, name: str) -> ModelVersion | None:
    try:
        return registry.find(name)
    except ForecastError:
        return None
