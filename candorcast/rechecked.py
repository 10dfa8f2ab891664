"""Checks a certificate that somebody signed: what comes out the same when it is made again here, from bars alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from candorcast.calling import tells_calls
from candorcast.opening import open_place
from ml_core.certificate.checked import DIFFERS, CheckedPart, conclude, name_parts
from ml_core.certificate.sections import Certificate

if TYPE_CHECKING:
    from ml_core.certificate.judged import JudgedAgain
    from ml_core.certificate.refitted import RefittedAgain
    from ml_core.registry.version import ModelVersion


@dataclass(frozen=True)
class Rechecked:
    """The certificate, the public `key` that signed it, what became of each part, and the version that is `kept`."""

    certificate: Certificate
    key: str
    parts: tuple[CheckedPart, ...]
    kept: ModelVersion | None = None

    @property
    def same(self) -> bool:
        """Whether nothing that could be made again came out otherwise."""
        return not name_parts(self.parts, DIFFERS)

    @property
    def told(self) -> str:
        """In a line: what differs, and what rests on the signer's word."""
        return conclude(self.parts)

    @property
    def table(self) -> pl.DataFrame:
        """(part, same, standing, why); `same` is null where nothing could be compared."""
        schema = {"part": pl.String, "same": pl.Boolean, "standing": pl.String, "why": pl.String}
        return pl.DataFrame([one.summary() for one in self.parts], schema=schema)


@tells_calls
def recheck(
    file: str | Path,
    *,
    signer: str | None = None,
    home: str | Path | None = None,
    keep: bool = False,
    progress: Callable[[str], Any] | None = None,
) -> Rechecked:
    """Whether a certificate holds here: its signature, and all that can be made again of it. `signer`: the public key
    that must have signed it. Bars that the home lacks are fetched. `keep`: the version is kept here, in no seat."""
    from ml_core.certificate.file import fetch_lacking, open_signed
    from ml_core.certificate.kept import keep as keep_here
    from ml_core.certificate.recheck import recheck as check_again

    opened, (place, _) = open_signed(Path(file), signer=signer, who="signer"), open_place(home)
    certificate, now, tell = opened.certificate, dt.datetime.now(dt.UTC), progress or (lambda _: None)
    kept: list[ModelVersion] = []

    def keep_both(judged: JudgedAgain, refitted: RefittedAgain | None) -> None:
        kept.extend(keep_here(certificate, judged, refitted, place, now=now))

    fetch_lacking(certificate.recipe.experiment, place, now=now, tell=tell)
    checked = check_again(certificate, place, tell=tell, keep=keep_both if keep else None)
    return Rechecked(certificate, opened.key, tuple(checked), kept[-1] if kept else None)
