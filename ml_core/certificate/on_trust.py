"""What of a certificate rests on the word of whoever signed: nothing here can be put beside it. Of the gate, that is
what the judged model alone does not settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ml_core.certificate.certify import whole
from ml_core.certificate.checked import CheckedPart
from ml_core.certificate.paper import Certificate
from ml_core.promotion.gate import judge_candidate, judge_reference
from ml_core.promotion.weighing import Weighed
from ml_core.registry.verdict import Verdict
from ml_core.reporting.words import CHECKS
from ml_core.spec.experiment import Experiment

OTHERS = "other checks of the gate"
TOLD = {
    "about": "who made it, as what and when",
    "place of the bars": "in which store they lay, under which number; the bars themselves are compared as data",
    "recipe": "used as signed; that it was fixed before the holdout was seen is not checked",
    "spec": "used as signed; that the search chose it is not checked",
    "luck": "the search is not repeated; the claims are judged again with the trials, looks and share it names",
}
MADE_AGAIN = ("weights", "scores", "claims", "audit", "gate")


def tell_word() -> list[CheckedPart]:
    return [CheckedPart(part, None, why) for part, why in TOLD.items()]


def tell_unmade() -> list[CheckedPart]:
    """On other bars nothing is made again."""
    return [CheckedPart(part, None, "not made again: the bars are others") for part in MADE_AGAIN]


def check_gate(paper: Certificate, experiment: Experiment, weighed: Weighed) -> list[CheckedPart]:
    """The checks that follow from what was judged again, by every value; the verdict by its checks; PBO by its limit.
    The others ask who sat there and what was refused before, which stands in no file."""
    signed = paper.parts["audit"]["gate"]
    then = {check["name"]: check for check in signed["checks"]}
    overfitting = then.get(CHECKS["overfitting"], {}).get("value")
    now = {check["name"]: check for check in whole(_judge(paper, experiment, weighed, overfitting))["checks"]}
    other = [name for name in now if then.get(name) != now[name]]
    if signed["passed"] != all(check["passed"] for check in then.values()):
        other.append("the verdict does not follow from its checks")
    return [
        CheckedPart("gate", not other, f"otherwise: {', '.join(other)}" if other else ""),
        *_rest(then, now),
    ]


def _judge(
    paper: Certificate, experiment: Experiment, weighed: Weighed, overfitting: float | None
) -> Verdict:
    findings = weighed.audit.findings
    if paper.parts["about"]["role"] == "reference":
        return judge_reference(findings)
    return judge_candidate(experiment.gate, weighed.claims, findings=findings, overfitting=overfitting)


def _rest(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[CheckedPart]:
    unasked: Sequence[str] = [name for name in then if name not in now]
    if CHECKS["overfitting"] in now:
        unasked = [*unasked, f"the value of {CHECKS['overfitting']}"]
    return [CheckedPart(OTHERS, None, ", ".join(unasked))] if unasked else []
