"""Adds to a file of lines, whole or not at all: where the disk is full, what was cut short is taken back and told."""

from pathlib import Path

from ml_core.errors import StoreFailed


def add_lines(file: Path, text: str) -> None:
    """At its end; the file and its folder are made where there are none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab", buffering=0) as lines:
        before = lines.tell()
        try:
            written = lines.write(text.encode())
            if written < len(text.encode()):
                raise OSError(0, "the disk is full")
        except OSError as error:
            lines.truncate(before)
            raise StoreFailed(f"{file}: cannot be written: {error.strerror}") from None
