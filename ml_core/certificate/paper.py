"""The file itself: a line for each part, with its hash; then who signs, and the signature of all that stands before. A
change of a single bit is found in the line where it is."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml_core.certificate.signing_key import public_of
from ml_core.errors import BrokenArtifact, InvalidInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ANY_HEAD = re.compile(rb"candorcast certificate (\d+)")
PARTS = ("about", "data", "lock", "recipe", "spec", "weights", "scores", "claims", "luck", "audit")
JUDGED = "judged"  # of a refit alone: the version that was judged
FORMATS = {1: PARTS, 2: (*PARTS, JUDGED)}
HEADS = {b"candorcast certificate %d" % number: names for number, names in FORMATS.items()}
HEAD, KEY, SIGNATURE = "head", "key", "signature"


@dataclass(frozen=True)
class Paper:
    """What was signed, part by part, and the public key of who did."""

    parts: Mapping[str, Any]
    key: str


def sign(parts: Mapping[str, Any], key: Ed25519PrivateKey) -> bytes:
    """In the first format that has a place for each of these parts and no other."""
    head = next((head for head, names in HEADS.items() if set(names) == set(parts)), None)
    if head is None:
        raise ValueError(
            f"expected the parts {', '.join(PARTS)}, and {JUDGED} of a refit; got {', '.join(parts)}"
        )
    lines = [head, *(_line(name, parts[name]) for name in HEADS[head]), f"{KEY} {public_of(key)}".encode()]
    signed = b"".join(line + b"\n" for line in lines)
    return signed + f"{SIGNATURE} {key.sign(signed).hex()}\n".encode()


def verify(content: bytes, *, who: str = "the file") -> Paper:
    """What was signed; a file that says otherwise is refused by the line that does, and one in which no line is that of
    a certificate as none."""
    lines = content.split(b"\n")
    parts = HEADS.get(lines[0], PARTS)
    names = (HEAD, *parts, KEY, SIGNATURE)
    if all(_trouble(name, line) for name in names for line in lines):
        raise InvalidInput(f"{who} is no certificate; expected what the command certify wrote")
    _refuse_later(lines[0], content, who)
    for place, name in enumerate(names):
        if place >= len(lines):
            raise _broken(name, "it is not there")
        if trouble := _trouble(name, lines[place]):
            raise _broken(name, trouble)
    if lines[len(names) :] != [b""]:
        raise _broken(SIGNATURE, "something stands after it, or the end of the line is not there")
    public = _signer(content)
    if public is None:
        raise _broken(f"{KEY} or {SIGNATURE}", "the signature is not that of this key over these lines")
    return Paper(
        {name: json.loads(lines[place].split(b" ", 2)[2]) for place, name in enumerate(parts, 1)}, public
    )


def _signer(content: bytes) -> str | None:
    """The key in the line before the last, if the last is its signature of all that stands before."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public, signature = (line.decode().split(" ")[1] for line in content.split(b"\n")[-3:-1])
        signed = content[: content.rindex(f"{SIGNATURE} ".encode())]
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), signed)
    except (InvalidSignature, ValueError, IndexError):
        return None
    return public


def _refuse_later(head: bytes, content: bytes, who: str) -> None:
    """One of another format that is signed as it stands was not changed: a later candorcast made it."""
    match = ANY_HEAD.fullmatch(head)
    if match and head not in HEADS and _signer(content):
        raise BrokenArtifact(
            f"{who} was made by a later candorcast: it has format {int(match[1])}, this one reads formats up to "
            f"{max(FORMATS)}; update candorcast"
        )


def written(value: Any) -> str:
    """In the one way in which it is hashed and compared."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _line(name: str, value: Any) -> bytes:
    body = written(value).encode()
    return b" ".join((name.encode(), hashlib.sha256(body).hexdigest().encode(), body))


def _trouble(name: str, line: bytes) -> str:
    """What is wrong with this line alone; empty where nothing is."""
    if name == HEAD:
        return "" if line in HEADS else f"expected {' or '.join(head.decode() for head in HEADS)}"
    if name in (KEY, SIGNATURE):
        length = 64 if name == KEY else 128
        word, _, told = line.partition(b" ")
        fine = word == name.encode() and len(told) == length and set(told) <= set(b"0123456789abcdef")
        return "" if fine else f"expected {length} hexadecimal digits"
    parts = line.split(b" ", 2)
    if len(parts) != 3 or parts[0] != name.encode():
        return "its name does not stand there"
    return "" if hashlib.sha256(parts[2]).hexdigest().encode() == parts[1] else "it does not match its hash"


def _broken(name: str, why: str) -> BrokenArtifact:
    return BrokenArtifact(f"the certificate was changed after it was signed: {name}: {why}")
