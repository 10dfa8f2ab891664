"""`certify` signs what a version is and was found to be, and notes beside the version that it did; `recheck` finds out
whether it is so, from bars alone."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import check_file
from cli.session import DONE, PARTIAL, Session
from ml_core.errors import BrokenArtifact, InvalidInput
from ml_core.home.spelling import spell
from ml_core.registry.version import ModelVersion
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import find_experiment

if TYPE_CHECKING:
    from ml_core.certificate.judged import JudgedAgain
    from ml_core.certificate.refitted import RefittedAgain
    from ml_core.certificate.sections import Certificate

ENDINGS = (".certificate",)


def certify(session: Session, *, version: str | None, out: Path, key: Path | None, new_key: bool) -> int:
    from ml_core.certificate.certify import describe
    from ml_core.certificate.paper import sign
    from ml_core.certificate.signing_key import VARIABLE, fingerprint, make_key, public_of, read_key
    from ml_core.registry.certified import Certified
    from ml_core.registry.versions import Registry

    check_file(out, ENDINGS)
    given = f"{key}" if key else session.settings.signing_key
    if not given:
        raise InvalidInput(
            f"--key: expected the file of your signing key (or {VARIABLE}); --new-key makes one there"
        )
    if new_key and key is None:
        raise InvalidInput("--new-key: expected --key FILE, where the new key goes")
    registry = Registry(session.home)
    registered = registry.find(session.order.name, version)
    certificate = describe(registered, session.home)
    _warn_of_other_versions(session)
    if new_key and key is not None:
        make_key(key)  # only for a version that can be certified
    signing = read_key(given, "--key" if key else VARIABLE)
    content, public = sign(certificate.parts(), signing), public_of(signing)
    out.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    certified = Certified(digest, public, fingerprint(public), f"{session.now.date()}")
    registry.open_papers(registered).keep(certified, content)
    session.terminal.say(f"{registered.name} version {registered.version} is certified in {out}")
    session.terminal.say(
        f"signed by the key {fingerprint(public)}; its public key, for whoever checks the file: {public}"
    )
    session.terminal.say(
        f"to check it: {shlex.join(['candorcast', 'recheck', f'{out}', '--signer', public])}"
    )
    session.terminal.document(
        {
            "file": f"{out}",
            "sha256": digest,
            "key": public,
            "model": registered.name,
            "version": registered.version,
        }
    )
    return DONE


def _warn_of_other_versions(session: Session) -> None:
    """What is installed otherwise than locked would be found by every recheck, here too."""
    from ml_core.audit.lockfile import NAME, read_lock

    lock = read_lock()
    if lock is None or not lock.otherwise:
        return
    count, few = len(lock.otherwise), ", ".join(lock.otherwise[:3])
    session.terminal.warn(
        f"{count} of the installed packages {'is' if count == 1 else 'are'} not the version of {NAME}, so that recheck "
        f"will find its part lock differing: {few}{' …' if count > 3 else ''}; how to install the same: docs/install.md"
    )


def recheck(session: Session, *, file: Path, signer: str | None, keep: bool) -> int:
    from ml_core.certificate.checked import DIFFERS, WORD, conclude, name_parts
    from ml_core.certificate.kept import keep as keep_here
    from ml_core.certificate.paper import verify
    from ml_core.certificate.recheck import recheck as check_again
    from ml_core.certificate.sections import read_certificate
    from ml_core.certificate.signing_key import fingerprint, read_public

    terminal = session.terminal
    expected = read_public(signer) if signer else None
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be read: {error.strerror}") from None
    paper = verify(content, who=f"{file}")
    _require_signer(paper.key, expected)
    certificate = read_certificate(paper.parts, who=f"{file}")
    about = certificate.about
    terminal.say(f"{about.model} version {about.version}, signed by the key {fingerprint(paper.key)}")
    if expected is None:
        terminal.say(
            "anyone may sign; to ask for a signer, add --signer and the public key that the signer told you"
        )
    _fetch_bars(session, certificate.recipe.experiment)
    kept: list[ModelVersion] = []

    def keep_both(judged: JudgedAgain, refitted: RefittedAgain | None) -> None:
        kept.extend(keep_here(certificate, judged, refitted, session.home, now=session.now))

    checked = check_again(certificate, session.home, tell=terminal.step, keep=keep_both if keep else None)
    rows = [{"part": one.part, "": one.standing, "what": one.why} for one in checked]
    terminal.table(rows, title="what comes out when it is made again here")
    differing = name_parts(checked, DIFFERS)
    terminal.say(conclude(checked))
    if kept:
        terminal.say(_tell_kept(session, kept, certificate))
    terminal.document(
        {
            "model": about.model,
            "version": about.version,
            "key": paper.key,
            "fingerprint": fingerprint(paper.key),
            "signer_expected": expected is not None,
            "same": not differing,
            "on_word": name_parts(checked, WORD),
            "told": conclude(checked),
            "kept": kept[-1].version if kept else None,
            "parts": [one.summary() for one in checked],
        }
    )
    return PARTIAL if differing else DONE


def _tell_kept(session: Session, kept: list[ModelVersion], signed: Certificate) -> str:
    """What is kept of what was signed, where, and the command that writes its report; who has a file of his own has to
    name that."""
    version, experiment = kept[-1], signed.recipe.experiment.name
    told = f"kept here as {version.name} version {version.version}"
    if signed.about.refit:
        told += f", refitted from version {kept[0].version}, the one that was judged"
    try:
        find_experiment(experiment)
    except InvalidInput:
        return f"{told}; its report: candorcast report with the experiment's file, and --version {version.version}"
    return f"{told}; its report: {spell('report', experiment, home=session.home)} --version {version.version}"


def _require_signer(key: str, expected: str | None) -> None:
    from ml_core.certificate.signing_key import fingerprint

    if expected is not None and key != expected:
        raise BrokenArtifact(
            f"--signer: the certificate is signed by the key {fingerprint(key)} ({key}), and not by "
            f"{fingerprint(expected)} ({expected})"
        )


def _fetch_bars(session: Session, experiment: Experiment) -> None:
    """Where this home has none of its bars yet."""
    from ml_core.data.intake.refresh import refresh
    from ml_core.data.order import place_order

    if place_order(experiment, session.home).store.bars.version() is None:
        session.terminal.step(f"fetching the bars of {experiment.name}")
        refresh(experiment, session.home, now=session.now)
