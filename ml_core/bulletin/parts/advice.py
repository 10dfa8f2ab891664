"""What a reader of the first page may do now, and what not: by what is proven, claim by claim."""

from __future__ import annotations

from ml_core.bulletin.parts.faced import rules_as_good, tell_faced
from ml_core.bulletin.parts.taken import is_left_out, tell_why_not
from ml_core.bulletin.subject import ReportSubject
from ml_core.claims.verdict import ClaimVerdict
from ml_core.data.simulation.config import Config
from ml_core.registry.evidence import Evidence
from ml_core.vocabulary import words

RANGE = "range"
PRACTICE = "This is practice on a market that is made up: put no money on it."


def advise(subject: ReportSubject, evidence: Evidence) -> list[str]:
    proven, version = proven_of(subject), subject.version
    assert version is not None
    may = "In that market one may" if is_made_up(subject) else "You may"
    told = [PRACTICE] if is_made_up(subject) else []
    for claim in [name for name in words.CLAIMS if name in {name for name, _ in proven}]:
        horizons = [one for name, one in proven if name == claim]
        meaning = _tell_meaning(subject, evidence, claim, horizons)
        told.append(f"{may} {words.use(claim)}, {ahead_of(subject, horizons)}: {meaning}")
    unproven = [one for one in asked_of(evidence) if (one.claim, one.horizon) not in proven]
    left = [one for one in unproven if is_left_out(one, evidence)]
    told += [
        f"Do not {words.use(one.claim)}, {ahead_of(subject, [one.horizon])}: "
        f"{tell_why_not(subject, evidence, one.horizon)}."
        for one in left
    ]
    guide = [RANGE] if evidence.role == "reference" else []  # all that it says: it is not told not to use it
    rest = [one for one in unproven if one not in left and one.claim not in guide]
    for claim in dict.fromkeys(one.claim for one in rest):
        ahead = ahead_of(subject, [one.horizon for one in rest if one.claim == claim])
        told.append(f"Do not {words.use(claim)}, {ahead}: that is not proven.")
    if evidence.role == "reference":
        told += [*_tell_guide(subject, evidence), "Do not look for where a price goes: that it does not say."]
    elif not proven:
        told.append(
            "Treat the forecast as an opinion without a record. More data or another question may change that: "
            f"`{subject.spell('search')}`"
        )
    if subject.answers and not subject.sits:
        other = f"version {subject.answers.version}, which answers now"
        told.append(f"Read what is proven of {other}: `{subject.spell('report')}`")
    elif evidence.role == "reference":
        told.append(f"Look for a model that knows more: `{subject.spell('search')}`")
    told.append(
        f"See what its forecasts come to from now on, which no luck of the past can touch: `{subject.spell('live')}`"
    )
    return told


def _tell_guide(subject: ReportSubject, evidence: Evidence) -> list[str]:
    """What the ranges of a reference are good for where they are not proven."""
    horizons = [one for one in subject.experiment.task.horizons if (RANGE, one) not in proven_of(subject)]
    if not horizons:
        return []
    asked = any(one.claim == RANGE for one in asked_of(evidence))
    why = (
        "that it tells it better than simple rules is not proven" if asked else "how good it is was not asked"
    )
    return [
        f"Take its range for how far a price may go, {ahead_of(subject, horizons)}, as a rough guide at most: {why}."
    ]


def _tell_meaning(subject: ReportSubject, evidence: Evidence, claim: str, horizons: list[int]) -> str:
    """What is proven by that, and which rule was as good without being one of those that it was proven beside."""
    told = f"{words.meaning(claim, tell_faced(evidence, claim, horizons))}."
    for rule, ahead in rules_as_good(evidence, claim, horizons).items():
        where = "" if ahead == horizons else f", {ahead_of(subject, ahead)}"
        told += f" {rule[0].upper()}{rule[1:]} is none of them, and did as well or better{where}."
    if claim == "money":
        told += " Whether to trade by one of the simple rules would have earned as much was not asked."
    return told


def is_made_up(subject: ReportSubject) -> bool:
    return subject.experiment.data.source == "simulated"


def tell_made_up(subject: ReportSubject) -> str:
    """What was planted in a market that is made up; empty of one that is not."""
    if not is_made_up(subject):
        return ""
    asked = Config.model_validate(subject.experiment.data.options.get("simulated", {}))
    planted = (
        "nothing was hidden in them that could be found"
        if asked.signal == "none"
        else "something was hidden in them that can be found"
    )
    return f"The prices are made up, and {planted}. None of these numbers says anything of real prices."


def ahead_of(subject: ReportSubject, horizons: list[int]) -> str:
    unit = unit_of(subject) if horizons == [1] else f"{unit_of(subject)}s"
    return f"{words.listed([f'{one}' for one in horizons])} {unit} ahead"


def unit_of(subject: ReportSubject) -> str:
    return "session" if subject.experiment.task.frequency == "daily" else "week"


def asked_of(evidence: Evidence) -> list[ClaimVerdict]:
    return [one for one in evidence.claims if one.asked]


def proven_of(subject: ReportSubject) -> list[tuple[str, int]]:
    """By holdout or live, and not given back since."""
    if subject.version is None or subject.evidence is None:
        return []
    horizons = sorted({one.horizon for one in subject.evidence.claims})
    return [(claim, ahead) for ahead in horizons for claim in subject.version.proves(ahead)]
