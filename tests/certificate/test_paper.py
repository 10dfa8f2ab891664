"""A certificate of which a single bit was changed is refused, and the refusal names the line."""

import random
import stat

import pytest
from cryptography.hazmat.primitives import serialization

from ml_core.certificate.paper import FORMATS, HEAD, KEY, PARTS, SIGNATURE, sign, verify
from ml_core.certificate.signing_key import VARIABLE, fingerprint, make_key, public_of, read_key, read_public
from ml_core.errors import BrokenArtifact, InvalidInput

LINES = (HEAD, *PARTS, KEY, SIGNATURE)


@pytest.fixture(scope="module")
def paper(key) -> bytes:
    return sign({name: {"value": [0.125, "text", None], "of": name} for name in PARTS}, key)


def line_of(content: bytes, place: int) -> str:
    """In which line this byte stands."""
    return LINES[content[:place].count(b"\n")]


def test_what_was_signed_is_read_back(paper, key):
    read = verify(paper)
    assert read.key == public_of(key)
    assert read.parts["claims"] == {"value": [0.125, "text", None], "of": "claims"}


def test_each_of_200_single_bit_forgeries_is_named(paper):
    dice = random.Random(7)
    places = dice.sample(range(len(paper)), 200)
    named = 0
    for place in places:
        forged = bytearray(paper)
        forged[place] ^= 1 << dice.randrange(8)
        with pytest.raises(BrokenArtifact) as refused:
            verify(bytes(forged))
        named += line_of(paper, place) in str(refused.value)
    assert named == 200


def test_every_bit_of_key_and_signature_counts(paper):
    for place in range(paper.rindex(b"key "), len(paper)):
        for bit in range(8):
            forged = bytearray(paper)
            forged[place] ^= 1 << bit
            with pytest.raises(BrokenArtifact, match=r"key|signature"):
                verify(bytes(forged))


def test_a_part_with_its_hash_put_right_is_still_not_what_was_signed(paper, key):
    other = sign({name: {"value": "better", "of": name} for name in PARTS}, key)
    lines, others = paper.split(b"\n"), other.split(b"\n")
    place = LINES.index("scores")
    lines[place] = others[place]
    with pytest.raises(BrokenArtifact, match="signature"):
        verify(b"\n".join(lines))


def test_one_of_a_later_format_was_not_changed_and_is_told_so(paper, key):
    known, later = (f"candorcast certificate {number}".encode() for number in (1, max(FORMATS) + 1))
    told = paper[: paper.rindex(b"signature ")].replace(known, later, 1)
    signed = told + f"signature {key.sign(told).hex()}\n".encode()
    with pytest.raises(
        BrokenArtifact, match=r"own\.certificate was made by a later candorcast: it has format 3, .* up to 2"
    ):
        verify(signed, who="own.certificate")
    with pytest.raises(BrokenArtifact, match="changed after it was signed: head"):
        verify(paper.replace(known, later))


def test_another_known_format_in_its_head_does_not_make_it_one_of_that_format(paper, key):
    refit = sign({name: {"of": name} for name in FORMATS[2]}, key)
    for content, here, there in ((paper, b"1", b"2"), (refit, b"2", b"1")):
        with pytest.raises(BrokenArtifact, match=r"changed after it was signed: (judged|key)"):
            verify(content.replace(b"certificate " + here, b"certificate " + there, 1))


@pytest.mark.parametrize("cut", [0, 1, 40, 400])
def test_a_file_that_was_cut_short_or_goes_on_is_refused(paper, cut):
    with pytest.raises(BrokenArtifact if cut in (1, 40, 400) else InvalidInput):
        verify(paper[:cut] if cut > 1 else paper + b"x" if cut else b"")


def test_a_key_is_made_for_its_owner_alone_and_never_written_over(tmp_path):
    file = tmp_path / "own.pem"
    make_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = file.read_bytes()
    with pytest.raises(InvalidInput, match="never written over"):
        make_key(file)
    assert file.read_bytes() == kept


def test_a_key_that_others_can_read_is_refused_with_what_helps(tmp_path):
    file = tmp_path / "own.pem"
    make_key(file)
    file.chmod(0o644)
    with pytest.raises(InvalidInput, match=f"chmod 600 {file}"):
        read_key(str(file))


def test_what_is_no_key_is_told_so_before_any_word_of_who_may_read_it(tmp_path):
    file = tmp_path / "README.md"
    file.write_text("# Hello\n")
    file.chmod(0o644)
    told = f"--key {file}: cannot be read as a key; expected an Ed25519 key as PEM"
    with pytest.raises(InvalidInput, match=told) as refused:
        read_key(str(file))
    assert "chmod" not in str(refused.value)
    with pytest.raises(InvalidInput, match=f"{tmp_path}: is a folder"):
        read_key(str(tmp_path))
    with pytest.raises(InvalidInput, match=f"{tmp_path}: is a folder"):
        make_key(tmp_path)
    with pytest.raises(InvalidInput, match=r"^CANDORCAST_SIGNING_KEY junk: cannot be read: No such file"):
        read_key("junk", VARIABLE)
    with pytest.raises(
        InvalidInput, match=r"^--signer own\.pem: cannot be read: .*; expected 64 hexadecimal digits"
    ):
        read_public("own.pem")
    with pytest.raises(
        InvalidInput, match=r"^--signer abc: no such file, and 3 hexadecimal digits; expected 64 hexadecimal"
    ):
        read_public("abc")


def test_a_public_key_is_read_from_digits_or_from_a_file_of_digits_or_pem(tmp_path, key):
    public, digits, pem = public_of(key), tmp_path / "own.hex", tmp_path / "own.pub"
    digits.write_text(f"{public}\n")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
    assert {read_public(one) for one in (public, public.upper(), str(digits), str(pem))} == {public}


@pytest.mark.parametrize("given", ["private", "text", "folder", "missing"])
def test_what_is_no_public_key_is_refused_by_name(tmp_path, given):
    file = tmp_path / given
    match given:
        case "private":
            make_key(file)
        case "text":
            file.write_text("hello")
        case "folder":
            file.mkdir()
    with pytest.raises(InvalidInput, match=f"--signer {file}: "):
        read_public(str(file))


@pytest.mark.parametrize("content", [b"", b"# A readme\n\nabout this project\n", bytes(range(256)) * 20])
def test_a_file_of_another_kind_is_no_certificate_and_not_called_changed(content):
    with pytest.raises(InvalidInput, match=r"notes\.md is no certificate") as refused:
        verify(content, who="notes.md")
    assert "changed" not in str(refused.value)


def test_a_key_may_be_the_text_itself(tmp_path):
    file = tmp_path / "own.pem"
    make_key(file)
    assert public_of(read_key(file.read_text())) == public_of(read_key(str(file)))


def test_what_is_no_key_is_refused(tmp_path):
    file = tmp_path / "own.pem"
    file.write_text("hello")
    file.chmod(0o600)
    with pytest.raises(InvalidInput, match="expected an Ed25519 key"):
        read_key(str(file))


def test_a_fingerprint_is_short_and_of_its_key_alone(key):
    told = fingerprint(public_of(key))
    assert len(told.split()) == 6
    assert fingerprint("00" * 32) != told
