"""What of a certificate rests on the word of whoever signed: nothing here can be put beside it. Of the gate, that is
what the judged model alone does not settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ml_core.certificate.checked import CheckedPart
from ml_core.certificate.sections import Certificate, whole
from ml_core.evaluation.leakage import Audit
from ml_core.promotion.gate import judge_candidate, judge_reference
from ml_core.promotion.likeness import judge_refit
from ml_core.promotion.weighing import Weighed
from ml_core.registry.refit import Refit
from ml_core.registry.verdict import Check, Verdict
from ml_core.vocabulary.words import CHECKS

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


def check_gate(signed: Certificate, weighed: Weighed) -> list[CheckedPart]:
    """The checks that follow from what was judged again, by every value; the verdict by its checks; PBO by its limit.
    The others ask who sat there and what was refused before, which stands in no file."""
    overfitting = next(
        (check for check in signed.audit.gate.checks if check.name == CHECKS["overfitting"]), None
    )
    return _compare_gate(signed.audit.gate, _judge(signed, weighed, overfitting).checks)


def check_gate_of_refit(signed: Certificate, refit: Refit, audit: Audit) -> list[CheckedPart]:
    """By how it lies beside its parent. Which of his claims were proven live stands in no file, and so one check is on
    the signer's word: whether it still says his direction."""
    judged = judge_refit(signed.recipe.experiment.gate, refit, frozenset(), findings=audit.findings)
    return _compare_gate(
        signed.audit.gate, [check for check in judged.checks if check.name != CHECKS["speaks"]]
    )


def _compare_gate(signed: Verdict, answered: Sequence[Check]) -> list[CheckedPart]:
    then, now = ({check.name: check for check in checks} for checks in (signed.checks, answered))
    other = [name for name in now if whole(then.get(name)) != whole(now[name])]
    if signed.passed != all(check.passed for check in then.values()):
        other.append("the verdict does not follow from its checks")
    return [
        CheckedPart("gate", not other, f"otherwise: {', '.join(other)}" if other else ""),
        *_rest(then, now),
    ]


def _judge(signed: Certificate, weighed: Weighed, overfitting: Check | None) -> Verdict:
    findings = weighed.audit.findings
    if signed.about.role == "reference":
        return judge_reference(findings)
    value = overfitting.value if overfitting else None
    return judge_candidate(
        signed.recipe.experiment.gate, weighed.claims, findings=findings, overfitting=value
    )


def _rest(then: Mapping[str, Check], now: Mapping[str, Check]) -> list[CheckedPart]:
    unasked: Sequence[str] = [name for name in then if name not in now]
    if CHECKS["overfitting"] in now:
        unasked = [*unasked, f"the value of {CHECKS['overfitting']}"]
    return [CheckedPart(OTHERS, None, ", ".join(unasked))] if unasked else []
