"""What is handed on of a version: its report, and the certificate that a stranger can check."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from candorcast.asked import read_file
from ml_core.errors import InvalidInput
from ml_core.reporting.document.document import Document, PaperFormat
from ml_core.reporting.document.markdown import write_first, write_markdown

if TYPE_CHECKING:
    from ml_core.data.order import Order
    from ml_core.registry.certified import Certified

PAGED = (".docx", ".pdf")


@dataclass(frozen=True)
class Reported:
    """The report as the command line writes it. `version`: whose it is, none where nobody answers yet; `verdict`: in
    one or two sentences, whether there is anything to rely on."""

    document: Document
    version: str | None
    verdict: str

    @property
    def first(self) -> str:
        """The first page, as Markdown."""
        return write_first(self.document)

    @property
    def text(self) -> str:
        """All of it, as Markdown; its figures are in the document."""
        return write_markdown(self.document)


def report(
    order: Order, version: str | None, *, out: Path | str | None, paper: PaperFormat, now: dt.datetime
) -> Reported:
    from ml_core.bulletin.parts.first import tell_verdict
    from ml_core.bulletin.report import build_report
    from ml_core.bulletin.subject import open_subject
    from ml_core.reporting.document.writers import ENDINGS, require_writer, write_document

    if paper not in get_args(PaperFormat):
        raise InvalidInput(f"paper: expected {' or '.join(get_args(PaperFormat))}, got {paper!r}")
    file = None if out is None else read_file("out", out, ENDINGS)
    if paper != "a4" and (file is None or file.suffix not in PAGED):
        raise InvalidInput(f"paper {paper}: expected out with a name that ends in {' or '.join(PAGED)}")
    if file:
        require_writer(file.suffix)
    subject = open_subject(order, version, now=now)
    document = build_report(subject)
    if file:
        write_document(document, file, paper=paper)
    return Reported(document, subject.version.version if subject.version else None, tell_verdict(subject))


def certify(
    order: Order,
    version: str | None,
    *,
    out: Path | str,
    key: Path | str | None,
    new_key: bool,
    given: str | None,
    now: dt.datetime,
) -> Certified:
    """`given`: the key of the environment, for who names none."""
    from ml_core.certificate.certify import describe
    from ml_core.certificate.file import ENDING, write_signed
    from ml_core.certificate.signing_key import VARIABLE, make_key, read_key
    from ml_core.registry.versions import Registry

    file = read_file("out", out, (ENDING,))
    signing = str(key) if key else given
    if not signing:
        raise InvalidInput(f"key: expected the file of your signing key (or {VARIABLE})")
    if new_key and key is None:
        raise InvalidInput("new_key: expected key as well, the file where the new key goes")
    registered = Registry(order.home).find(order.name, version)
    certificate = describe(registered, order.home)
    if new_key:
        make_key(Path(signing), "new_key")  # only for a version that can be certified
    private = read_key(signing, "key" if key else VARIABLE)
    return write_signed(certificate, registered, order.home, out=file, key=private, day=now.date())
