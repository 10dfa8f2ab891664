"""`certify` signs what a version is and was found to be, and notes beside the version that it did; `recheck` finds out
whether it is so, from bars alone."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import check_file
from cli.session import DONE, PARTIAL, Session
from ml_core.errors import InvalidInput
from ml_core.home.spelling import spell
from ml_core.registry.version import ModelVersion
from ml_core.spec.file import find_experiment

if TYPE_CHECKING:
    from ml_core.certificate.judged import JudgedAgain
    from ml_core.certificate.refitted import RefittedAgain
    from ml_core.certificate.sections import Certificate

ENDINGS = (".certificate",)


def certify(session: Session, *, version: str | None, out: Path, key: Path | None, new_key: bool) -> int:
    from ml_core.certificate.certify import describe
    from ml_core.certificate.file import write_signed
    from ml_core.certificate.signing_key import VARIABLE, make_key, read_key
    from ml_core.registry.versions import Registry

    check_file(out, ENDINGS)
    given = f"{key}" if key else session.settings.signing_key
    if not given:
        raise InvalidInput(
            f"--key: expected the file of your signing key (or {VARIABLE}); --new-key makes one there"
        )
    if new_key and key is None:
        raise InvalidInput("--new-key: expected --key FILE, where the new key goes")
    registered = Registry(session.home).find(session.order.name, version)
    certificate = describe(registered, session.home)
    _warn_of_other_versions(session)
    if new_key and key is not None:
        make_key(key)  # only for a version that can be certified
    signing = read_key(given, "--key" if key else VARIABLE)
    certified = write_signed(
        certificate, registered, session.home, out=out, key=signing, day=session.now.date()
    )
    session.terminal.say(f"{registered.name} version {registered.version} is certified in {out}")
    session.terminal.say(
        f"signed by the key {certified.fingerprint}; its public key, for whoever checks the file: {certified.key}"
    )
    session.terminal.say(
        f"to check it: {shlex.join(['candorcast', 'recheck', f'{out}', '--signer', certified.key])}"
    )
    session.terminal.document(
        {
            "file": f"{out}",
            "sha256": certified.sha256,
            "key": certified.key,
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
    from ml_core.certificate.file import fetch_lacking, open_signed
    from ml_core.certificate.kept import keep as keep_here
    from ml_core.certificate.recheck import recheck as check_again
    from ml_core.certificate.signing_key import fingerprint

    terminal, opened = session.terminal, open_signed(file, signer=signer)
    certificate, about = opened.certificate, opened.certificate.about
    terminal.say(f"{about.model} version {about.version}, signed by the key {fingerprint(opened.key)}")
    if not signer:
        terminal.say(
            "anyone may sign; to ask for a signer, add --signer and the public key that the signer told you"
        )
    fetch_lacking(certificate.recipe.experiment, session.home, now=session.now, tell=terminal.step)
    kept: list[ModelVersion] = []

    def keep_both(judged: JudgedAgain, refitted: RefittedAgain | None) -> None:
        kept.extend(keep_here(certificate, judged, refitted, session.home, now=session.now))

    checked = check_again(certificate, session.home, tell=terminal.step, keep=keep_both if keep else None)
    rows = [{"part": one.part, "came out": one.standing, "what": one.why} for one in checked]
    terminal.table(rows, title="what comes out when it is made again here")
    differing = name_parts(checked, DIFFERS)
    terminal.say(conclude(checked))
    if kept:
        terminal.say(_tell_kept(session, kept, certificate))
    terminal.document(
        {
            "model": about.model,
            "version": about.version,
            "key": opened.key,
            "fingerprint": fingerprint(opened.key),
            "signer_expected": bool(signer),
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
