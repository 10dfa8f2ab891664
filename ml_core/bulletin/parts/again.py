"""How anybody gets the same again: what determines the weights, and the command that fits and compares them."""

from __future__ import annotations

from ml_core.audit.lockfile import NAME, read_lock
from ml_core.audit.rebuild import describe_machine
from ml_core.bulletin.subject import ReportSubject
from ml_core.forecaster.files import WEIGHTS, checksum
from ml_core.home.spelling import spell
from ml_core.registry.evidence import Evidence
from ml_core.registry.files import CARD, FOLDER
from ml_core.registry.recipe import Recipe
from ml_core.registry.version import ModelVersion
from ml_core.reporting.document.document import Block, Code, Missing, Paragraph, Section, table_of
from ml_core.spec.ensemble import Ensemble
from ml_core.spec.run import RunSpec
from ml_core.vocabulary import words

TITLE = words.HEADINGS["again"]
FEW = 12
CARD_LIES = f"{FOLDER}/{CARD} among the files of its run in MLflow"


def tell_again(subject: ReportSubject) -> Section:
    version, evidence = subject.version, subject.evidence
    if version is None or evidence is None:
        why = "nothing was fitted that could be fitted again."
        return Section(TITLE, (Missing("A rebuild", why, subject.spell("search")),), subject.today("models"))
    line = f"{spell('rebuild', version.name, home=subject.order.home)} --version {version.version}"
    told = (
        "The same bars, spec and seed give the same weights, byte for byte on the same processor and versions of "
        "packages. This fits the version again and compares it:"
    )
    signed = (
        "To hand it on so that a stranger can check it, with one signature over all of it: "
        f"`{subject.spell('certify')} --version {version.version} --key own.pem --new-key "
        f"--out {version.name}.certificate`. This makes the key that signs, own.pem; leave out --new-key when that "
        "file is there."
    )
    blocks: list[Block] = [
        Paragraph(told),
        Code(line),
        Paragraph(signed),
        *_facts(subject, version, evidence),
        *_made_with(subject, evidence),
    ]
    return Section(TITLE, tuple(blocks), subject.itself("models", "--json", named=False))


def _facts(subject: ReportSubject, version: ModelVersion, evidence: Evidence) -> list[Block]:
    lock = read_lock()
    weights = version.folder / WEIGHTS
    facts = {
        "model, version": f"{version.name}, {version.version}",
        "made": f"{evidence.created:%Y-%m-%d %H:%M} UTC",
        words.EXPERIMENT: f"{evidence.experiment}, {evidence.digest}",
        words.SOURCE: evidence.store or evidence.source,
        "data version": f"{evidence.data_version}",
        "learned from": f"{evidence.trained.start} to {evidence.trained.end}",
        "holdout": f"{evidence.holdout.start} to {evidence.holdout.end}"
        + (f", of version {evidence.refit.judged}, which did not learn from it" if evidence.refit else ""),
        "features": f"{len(evidence.features)}: {words.listed(evidence.features[:FEW])}"
        + (f" and {len(evidence.features) - FEW} more" if len(evidence.features) > FEW else ""),
        "seed": _seeds(evidence),
        "weights, sha256": checksum(weights) if weights.is_file() else "the file is not there",
        f"lock file ({NAME}), sha256": lock.sha256 if lock else "no lock file stands beside this code",
        "certificate": version.certificate.told if version.certificate else "none was signed of it here",
        "model card": CARD_LIES if version.card else "an earlier candorcast wrote none",
    }
    if lock:
        few = ", ".join(lock.otherwise[:FEW]) + (" …" if len(lock.otherwise) > FEW else "")
        facts["installed otherwise than locked"] = (
            few if lock.otherwise else f"none of {lock.pinned} packages"
        )
    rows = [{"what": name, "is": value} for name, value in facts.items()]
    return [table_of(words.HEADINGS["determines"], rows, subject.itself("models", "--json", named=False))]


def _seeds(evidence: Evidence) -> str:
    if not isinstance(evidence.spec, (RunSpec, Ensemble)):
        return "an earlier candorcast kept none"
    specs = [part.spec for part in evidence.spec.components]
    return "; ".join(
        f"{one.seed}" + (f", and {one.seeds - 1} after it" if one.seeds > 1 else "") for one in specs
    )


def _made_with(subject: ReportSubject, evidence: Evidence) -> list[Block]:
    if not isinstance(evidence.recipe, Recipe):
        return [Missing("With what it was made", "an earlier candorcast kept no recipe that can be read.")]
    then, now = evidence.recipe.made_with, describe_machine(evidence.recipe.experiment)
    rows = [
        {"part": name, "then": then.get(name, words.MISSING), "here, now": now.get(name, words.MISSING)}
        for name in sorted({*then, *now})
    ]
    return [
        table_of(
            "With what it was made, and what is here", rows, subject.itself("models", "--json", named=False)
        )
    ]
