"""Declares the commands that list, move, make again and certify registered versions."""

from pathlib import Path
from typing import Annotated

import typer

from cli.declaration import command
from cli.options import (
    Forced,
    Promoted,
    Reason,
    Version,
)

CertificateFile = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="The certificate; its name ends in .certificate.")
]
SigningKey = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="Your Ed25519 key as PEM; by default CANDORCAST_SIGNING_KEY, a file or its text.",
    ),
]
NewKey = Annotated[
    bool, typer.Option("--new-key", help="Make a key at --key first, which only you can read.")
]
KeptAgain = Annotated[
    bool,
    typer.Option(
        "--keep",
        help="Keep the version that was judged, as it was made again, in this home: `report`, `explain` and "
        "`backtest` tell of it. It sits in no seat; a refit of it is compared, and not kept.",
    ),
]
Signer = Annotated[
    str | None,
    typer.Option(
        "--signer",
        metavar="FILE|HEX",
        help="The public key that must have signed it: its 64 digits, or a file with them or PEM; by default any.",
    ),
]


@command("models.models", use="reads")
def models():
    """List the registered versions, their aliases and their evidence."""


@command("models.rollback")
def rollback(
    version: Promoted = None,
    force: Forced = False,
    why: Reason = "",
):
    """Make another version champion; by default the last earlier version that passed the gate."""


@command("rebuild.rebuild", "home", "as_json", use="reads")
def rebuild(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A registered name, EXPERIMENT.SOURCE, as demo.simulated.")
    ],
    version: Version = None,
):
    """Fit a registered model again from its data version, spec and seed, and compare it byte by byte."""


@command("certify.certify", use="adds")
def certify(out: CertificateFile, version: Version = None, key: SigningKey = None, new_key: NewKey = False):
    """Write all that was found of a version as one signed file, which a stranger can check."""


@command("certify.recheck", "home", "as_json")
def recheck(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What certify wrote.")],
    signer: Signer = None,
    keep: KeptAgain = False,
):
    """Check a certificate: its signature, what comes out the same when it is made again from bars and code, and what
    rests on its signer's word."""
