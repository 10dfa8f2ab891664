"""The key that signs, an Ed25519 key of the user's own, in a file that nobody else may read, or in the environment."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ml_core.errors import InvalidInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VARIABLE = "CANDORCAST_SIGNING_KEY"
HEX = re.compile("[0-9a-fA-F]{64}")
PRIVATE = "expected an Ed25519 key as PEM, without a password, or the file of one"
PUBLIC = "64 hexadecimal digits, or a file with them or with an Ed25519 public key as PEM"
OTHERS = 0o077  # what the group and everybody else may do


def make_key(file: Path, who: str = "--new-key") -> None:
    """A new key in a new file, which only its owner reads. `who`: what asked for it."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    written = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if file.is_dir():
            raise InvalidInput(f"{who} {file}: is a folder; expected a new file") from None
        raise InvalidInput(
            f"{who} {file}: there is a file already; a key is never written over; "
            f"to sign with that key, leave out {who}"
        ) from None
    except OSError as error:
        raise InvalidInput(f"{who} {file}: cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "wb") as out:
        out.write(written)


def read_key(given: str, who: str = "--key") -> Ed25519PrivateKey:
    """Of a file, or of the text of one, as the environment may hold it. `who`: where it was given."""
    if given.lstrip().startswith("-----BEGIN"):
        return _private_of(given.encode(), who)
    file = Path(given)
    key = _private_of(_read(file, who, PRIVATE), f"{who} {file}")
    if file.stat().st_mode & OTHERS:
        raise InvalidInput(f"{who} {file}: can be read by others; run: chmod 600 {file}")
    return key


def read_public(given: str, who: str = "--signer") -> str:
    """The public half in hexadecimal, of these digits themselves, or of a file with them or with PEM."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if HEX.fullmatch(given):
        return given.lower()
    if set(given.lower()) <= set("0123456789abcdef") and not Path(given).exists():
        raise InvalidInput(
            f"{who} {given}: no such file, and {len(given)} hexadecimal digits; expected {PUBLIC}"
        )
    content = _read(Path(given), who, f"expected {PUBLIC}")
    if HEX.fullmatch(content.decode(errors="replace").strip()):
        return content.decode().strip().lower()
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput(f"{who} {given}: is no public key; expected {PUBLIC}")
    return key.public_bytes_raw().hex()


def public_of(key: Ed25519PrivateKey) -> str:
    """The public half, in hexadecimal: whoever knows it knows who signed."""
    return key.public_key().public_bytes_raw().hex()


def fingerprint(public: str) -> str:
    """Short enough to be read aloud."""
    told = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:24]
    return " ".join(told[at : at + 4] for at in range(0, len(told), 4))


def _private_of(content: bytes, who: str) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidInput(f"{who}: cannot be read as a key; {PRIVATE}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(f"{who}: is a key of another kind; {PRIVATE}")
    return key


def _read(file: Path, who: str, expected: str) -> bytes:
    try:
        return file.read_bytes()
    except IsADirectoryError:
        raise InvalidInput(f"{who} {file}: is a folder; {expected}") from None
    except OSError as error:
        raise InvalidInput(f"{who} {file}: cannot be read: {error.strerror}; {expected}") from None
