"""`report`: the report of a version as one file that one can hand on, or the folder that the weekly report writes."""

from __future__ import annotations

from pathlib import Path

from cli.output import check_file
from cli.session import DONE, Session
from ml_core.errors import InvalidInput

PAGED = (".docx", ".pdf")


def report(session: Session, *, version: str | None, out: Path | None, paper: str) -> int:
    from ml_core.bulletin.page import write_page
    from ml_core.bulletin.parts.first import tell_verdict
    from ml_core.bulletin.report import build_report
    from ml_core.bulletin.subject import open_subject
    from ml_core.reporting.document.markdown import write_first, write_markdown
    from ml_core.reporting.document.writers import ENDINGS, require_writer, write_document

    terminal = session.terminal
    if paper not in ("a4", "letter"):
        raise InvalidInput(f"--paper {paper}: expected a4 or letter")
    if paper == "letter" and (out is None or out.suffix not in PAGED):
        raise InvalidInput(
            "--paper letter: expected --out with a name that ends in .docx or .pdf; nothing else has pages"
        )
    if out:
        check_file(out, ENDINGS)
        require_writer(out.suffix)
    subject = open_subject(session.order, version, now=session.now, spell=session.spell)
    terminal.step(f"writing the report of {session.experiment.name}")
    document = build_report(subject)
    terminal.say(write_first(document))
    text = write_markdown(document)
    if out:
        write_document(document, out, paper="letter" if paper == "letter" else "a4")
        files, figures = [out], []
    else:
        page = write_page(session.order, document)
        files, figures = [page.file, page.report], list(page.figures)
    for file in files:
        terminal.say(f"written to {file}")
    terminal.document(
        {
            "file": f"{files[0]}",
            "files": [f"{file}" for file in files],
            "figures": figures,
            "version": subject.version.version if subject.version else None,
            "verdict": tell_verdict(subject),
            "text": text,
        }
    )
    return DONE
