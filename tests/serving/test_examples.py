"""What the document shows can be pasted: every example is answered."""

import json

import pytest

from serving.rest.examples import fill_path
from serving.rest.refusals import BODIES
from tests.serving.conftest import open_client


@pytest.fixture(scope="module")
def client(world, tmp_path_factory):
    """Of a world in which there is something to go back to."""
    own = world.copy(tmp_path_factory.mktemp("examples") / "home")
    own.register(passed=True)
    own.register()
    return open_client(own.service())


def routes(client):
    document = client.get("/openapi.json").json()
    return [(method, path, route) for path, one in document["paths"].items() for method, route in one.items()]


def test_every_route_of_the_document_answers_its_own_example(client):
    asked = 0
    for method, path, route in routes(client):
        content = route.get("requestBody", {}).get("content", {}).get("application/json", {})
        body = content["example"] if content else None
        answer = client.request(method, fill_path(path, route), json=body)
        assert answer.is_success, (path, answer.text)
        asked += 1
    assert asked >= 10


def test_the_page_shows_each_example_as_a_command_that_can_be_pasted(client):
    page = client.get("/docs").text
    for method, path, route in routes(client):
        assert (
            f"{'-X DELETE ' if method == 'delete' else 'curl '}http://127.0.0.1:8000{fill_path(path, route)}"
            in page
        )


@pytest.mark.parametrize("path", sorted(BODIES))
def test_a_body_says_only_what_its_route_knows(client, path):
    document = client.get("/openapi.json").json()
    content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    known = document["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[-1]]["properties"]
    assert set(content["example"]) <= set(known), json.dumps(content["example"])
