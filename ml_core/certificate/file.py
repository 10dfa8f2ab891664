"""Signs a certificate into a file, noted beside its version, and opens one that somebody signed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml_core.certificate.paper import sign, verify
from ml_core.certificate.sections import Certificate, read_certificate
from ml_core.certificate.signing_key import fingerprint, public_of, read_public
from ml_core.data.intake.refresh import refresh
from ml_core.data.order import place_order
from ml_core.errors import BrokenArtifact, InvalidInput
from ml_core.home.telling import Tell
from ml_core.registry.certified import Certified
from ml_core.registry.versions import Registry

if TYPE_CHECKING:
    import datetime as dt

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from ml_core.home.settings import Home
    from ml_core.registry.version import ModelVersion
    from ml_core.spec.experiment import Experiment

ENDING = ".certificate"


@dataclass(frozen=True)
class SignedFile:
    """What was signed, and the public key of who did."""

    certificate: Certificate
    key: str


def write_signed(
    certificate: Certificate,
    registered: ModelVersion,
    home: Home,
    *,
    out: Path,
    key: Ed25519PrivateKey,
    day: dt.date,
) -> Certified:
    """The file; a copy of it, and that it was signed, is kept with the version."""
    content, public = sign(certificate.parts(), key), public_of(key)
    out.write_bytes(content)
    certified = Certified(hashlib.sha256(content).hexdigest(), public, fingerprint(public), f"{day}")
    Registry(home).open_papers(registered).keep(certified, content)
    return certified


def open_signed(file: Path, *, signer: str | None = None, who: str = "--signer") -> SignedFile:
    """What stands in the file as it was signed, and by whom, who has to be the `signer` where one is named. `who`:
    where that was."""
    expected = read_public(signer, who) if signer else None
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be read: {error.strerror}") from None
    paper = verify(content, who=f"{file}")
    if expected is not None and paper.key != expected:
        raise BrokenArtifact(
            f"{who}: the certificate is signed by the key {fingerprint(paper.key)} ({paper.key}), and not by "
            f"{fingerprint(expected)} ({expected})"
        )
    return SignedFile(read_certificate(paper.parts, who=f"{file}"), paper.key)


def fetch_lacking(
    experiment: Experiment, home: Home, *, now: dt.datetime, tell: Tell = lambda _: None
) -> None:
    """The bars of the experiment, where this home has none of them yet."""
    if place_order(experiment, home).store.bars.version() is None:
        tell(f"fetching the bars of {experiment.name}")
        refresh(experiment, home, now=now)
