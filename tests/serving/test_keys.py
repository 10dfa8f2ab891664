"""Keys with scopes: who may see, who may start runs, who may move the champion; told by name, and never by secret."""

import os
import re
import subprocess
import sys

import pytest

from ml_core.errors import InvalidInput
from ml_core.home.settings import Settings
from serving.door.access import Access
from serving.door.keys import HERE, SCOPES, Keys, Visitor

ALL = "a-long-secret-of-the-owner"
READ, RUN, ADMIN = "reading-only-000", "running-also-000", "all-there-is-000"
NAMED = f"rita:read:{READ}, rob:run:{RUN}, ada:admin:{ADMIN}"


@pytest.fixture
def keys(monkeypatch) -> Keys:
    monkeypatch.setenv("CANDORCAST_API_KEY", ALL)
    monkeypatch.setenv("CANDORCAST_API_KEYS", NAMED)
    return Keys(Settings())


def test_each_key_is_known_by_its_name_and_opens_what_its_scope_says(keys):
    assert keys.find(READ) == Visitor("rita", "read")
    assert keys.find(RUN) == Visitor("rob", "run")
    assert keys.find(ADMIN) == Visitor("ada", "admin")
    assert keys.find(ALL) == Visitor("owner", "admin")
    allowed = {scope: [other for other in SCOPES if Visitor("x", scope).may(other)] for scope in SCOPES}
    assert allowed == {"read": ["read"], "run": ["read", "run"], "admin": ["read", "run", "admin"]}


@pytest.mark.parametrize(
    "shown", [None, "", " ", READ + " ", READ[:-1], READ.upper(), "rita", f"rita:read:{READ}", "ä"]
)
def test_what_is_no_key_opens_nothing(keys, shown):
    assert keys.find(shown) is None


def test_without_any_key_whoever_reaches_the_server_may_do_all(monkeypatch):
    monkeypatch.delenv("CANDORCAST_API_KEY", raising=False)
    keys = Keys(Settings())
    assert (keys.needed, keys.find(None), keys.logged_in(None)) == (False, HERE, HERE)


def test_on_the_page_a_named_key_is_shown_with_its_name_and_nobody_takes_anothers(keys):
    assert keys.logs_in("rita", READ)
    assert not keys.logs_in("ada", READ)
    assert not keys.logs_in("anybody", READ)
    assert keys.logs_in("anybody", ALL)
    assert not keys.logs_in("rita", ALL)
    assert keys.logged_in("rita") == Visitor("rita", "read")
    assert keys.logged_in("anybody") == Visitor("owner", "admin")
    assert keys.logged_in(None) is None


def test_a_name_that_is_nobodys_may_do_nothing_where_no_key_opens_everything():
    keys = Keys(Settings(api_keys=(f"rita:read:{READ}",)))
    assert keys.logged_in("owner") is None
    assert keys.logged_in("") is None


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ("secret-alone-000", "number 1: expected NAME:SCOPE:KEY"),
        ("rita:write:secret-alone-000", "a SCOPE of read, run, admin"),
        ("rita:read:", "expected NAME:SCOPE:KEY"),
        ("<b>:read:secret-alone-000", "expected NAME:SCOPE:KEY"),
        ("rita:read:short", "rita: the key is too short; expected 12 characters or more"),
        (f"rita:read:{READ},rita:run:{RUN}", "rita: this name is taken"),
        (f"owner:read:{READ}", "owner: this name is taken"),
        (f"rita:read:{READ},rob:run:{READ}", "rob: another name has this key"),
        (f"rob:run:{ALL}", "rob: another name has this key"),
    ],
)
def test_keys_that_cannot_be_read_are_refused_without_a_word_of_the_secret(monkeypatch, told, line):
    monkeypatch.setenv("CANDORCAST_API_KEY", ALL)
    monkeypatch.setenv("CANDORCAST_API_KEYS", told)
    with pytest.raises(InvalidInput, match=re.escape(line)) as refused:
        Keys(Settings())
    assert "secret" not in str(refused.value)
    assert READ not in str(refused.value)


def test_the_one_key_is_as_long_as_the_others_where_others_reach_the_server():
    assert Access(Settings(api_key="short")).opens("short")
    with pytest.raises(
        InvalidInput, match=r"CANDORCAST_API_KEY: the key is too short .* 12 characters or more"
    ):
        Access(Settings(api_key="short", host="0.0.0.0"))
    assert Access(Settings(api_key=ALL, host="0.0.0.0")).opens(ALL)


def test_a_server_with_keys_that_cannot_be_read_ends_with_one_line(tmp_path):
    environment = {
        **os.environ,
        "CANDORCAST_API_KEYS": "rita:write:a-secret-word",
        "CANDORCAST_HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "serving.app:create_app", "--port", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert re.fullmatch(
        r"candorcast: CANDORCAST_API_KEYS, number 1: expected NAME:SCOPE:KEY.*\n", done.stderr
    )
    assert "a-secret-word" not in done.stderr + done.stdout


def test_every_key_is_compared_in_constant_time(keys, monkeypatch):
    compared = []
    monkeypatch.setattr("hmac.compare_digest", lambda given, kept: compared.append(kept) or given == kept)
    assert keys.find(ALL) is not None
    assert keys.find("wrong") is None
    assert len(compared) == 2 * 4, "the first that fits ends no comparison"
