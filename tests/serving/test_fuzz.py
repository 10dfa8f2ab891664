"""Whatever is asked, the server does not break: requests made of its own document, right, nearly right and wild."""

import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.rest.examples import fill_path
from tests.serving.conftest import open_client

REQUESTS = 250  # of each kind
MANY = settings(
    max_examples=REQUESTS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ODD = [
    "",
    " ",
    "\x00",
    "ALFA",
    "alfa",
    "../../etc/passwd",
    "<script>",
    "1e309",
    "²",
    "\ud7ff",
    "null",
    "2019-06-03",
    "9" * 40,
]
WORDS = st.sampled_from(ODD) | st.text(max_size=40)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
WILD = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
HEADER = st.text(string.printable.strip(), max_size=30)


@pytest.fixture(scope="module")
def client(service):
    return open_client(service)


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


def routes(document) -> list[tuple[str, str, dict]]:
    return [(method, path, route) for path, one in document["paths"].items() for method, route in one.items()]


def body_of(route: dict) -> dict | None:
    content = route.get("requestBody", {}).get("content", {}).get("application/json")
    return content and content["example"]


def stands(answer) -> None:
    """No bug: a refusal is one line, in the one shape."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert list(answer.json()) == ["error"], answer.text
        assert "\n" not in answer.json()["error"]


@MANY
@given(data=st.data())
def test_a_request_with_one_thing_changed_is_answered_or_refused(client, document, data):
    method, path, route = data.draw(st.sampled_from(routes(document)))
    body, names = body_of(route), [one["name"] for one in route.get("parameters", ()) if one["in"] == "query"]
    query = data.draw(st.dictionaries(st.sampled_from([*names, "other"]), WORDS, max_size=2))
    if body is not None:
        named = route["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        fields = document["components"]["schemas"][named]["properties"]
        body = {**body, data.draw(st.sampled_from([*fields, "other"])): data.draw(WILD)}
    stands(send(client, method, fill_path(path, route), json.dumps(body) if body else None, query))


@MANY
@given(data=st.data())
def test_a_wild_body_is_answered_or_refused(client, document, data):
    method, path, _ = data.draw(st.sampled_from([one for one in routes(document) if body_of(one[2])]))
    content = data.draw(
        WILD.map(json.dumps) | st.binary(max_size=200) | st.sampled_from(["[" * 9000, '{"a":' * 3000])
    )
    stands(send(client, method, path, content, {}))


@MANY
@given(data=st.data())
def test_odd_headers_methods_and_addresses_are_answered_or_refused(client, document, data):
    names = [
        "If-None-Match",
        "Accept-Encoding",
        "Accept",
        "Content-Type",
        "Authorization",
        "X-API-Key",
        "Origin",
        "Cookie",
    ]
    headers = data.draw(st.dictionaries(st.sampled_from(names), HEADER, max_size=3))
    method = data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "ODD"]))
    paths = [*document["paths"], "/models/", "/live/", "/predictions", "/nowhere"]
    path = data.draw(
        st.sampled_from(paths) | st.text("abc/.%{}~-\\", max_size=30).map(lambda made: f"/x{made}")
    )
    answer = client.request(method, path, headers=headers, content=b'{"ticker": "ALFA"}')
    assert answer.status_code < 500, answer.text


def send(client, method: str, path: str, content, query):
    headers = {"Content-Type": "application/json"}
    return client.request(method, path, content=content, params=query, headers=headers)
