"""Every door of the server, found by asking the server which it has: without the key each is shut but for those that
are named here. A route that is added is looked at by that alone."""

import re
from collections.abc import Iterator

import pytest

from serving.door.keys import SCOPES
from tests.serving.conftest import open_client

KEY = "a-long-secret"
HELD = {"read": "reading-only-000", "run": "running-also-000", "admin": "all-there-is-000"}
NAMED = tuple(f"{scope}er:{scope}:{key}" for scope, key in HELD.items())
# What takes more than reading. A route that is added and does something has to be named here.
TAKES = {
    ("POST", "/runs"): "run",
    ("DELETE", "/runs/{run}"): "run",
    ("POST", "/tickers"): "run",
    ("POST", "/models/champion"): "admin",
}
# What says whether the server lives, and the page's own files: none of them tells anything of a model.
OPEN = {"/", "/favicon.ico", "/health", "/ready", "/static/{name}"}
# The login and what it is made of.
PAGE_OPEN = {
    "/ui/", "/ui/login", "/ui/login/", "/ui/logout", "/ui/theme.css", "/ui/gradio_api/theme.css", "/ui/favicon.ico",
    "/ui/manifest.json", "/ui/robots.txt", "/ui/pwa_icon", "/ui/pwa_icon/{size}",
    "/ui/svelte/{path:path}", "/ui/static/{path:path}", "/ui/assets/{path:path}",
}  # fmt: skip
WRONG = [
    {},
    {"X-API-Key": ""},
    {"X-API-Key": "wrong"},
    {"Authorization": "Bearer wrong"},
    {"X-API-Key": KEY + " "},
    {"X-API-Key": NAMED[2]},
]
FILLED = {
    "version": "1",
    "path": "x",
    "path_or_url": "x",
    "session_hash": "x",
    "event_id": "x",
    "api_name": "x",
}


def doors(routes, before: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of each, those of applications that are mounted too."""
    for route in routes:
        path = f"{before}{getattr(route, 'path', '')}"
        for method in getattr(route, "methods", None) or ():
            yield method, path
        inner = getattr(route, "routes", None) or getattr(
            getattr(route, "original_router", None), "routes", None
        )
        yield from doors(inner or (), path)


@pytest.fixture(scope="module")
def guarded(service):
    return open_client(service, api_key=KEY, api_keys=NAMED, host="0.0.0.0", rate_limit=0)


@pytest.fixture(scope="module")
def known(guarded) -> list[tuple[str, str]]:
    return sorted(set(doors(guarded.app.routes)))


def fill(path: str) -> str:
    return re.sub(r"\{\w+(?::\w+)?\}", "1", path)


def test_the_doors_that_are_found_are_those_of_the_document_and_of_the_page(guarded, known):
    told = {
        (method.upper(), path)
        for path, routes in guarded.get("/openapi.json", headers={"X-API-Key": KEY}).json()["paths"].items()
        for method in routes
    }
    assert told <= set(known)
    assert len([path for _, path in known if path.startswith("/ui/")]) > 20


@pytest.mark.parametrize("headers", WRONG, ids=str)
def test_without_the_key_or_with_a_wrong_one_every_door_is_shut(guarded, known, headers):
    ajar = []
    for method, path in known:
        if path in OPEN | PAGE_OPEN or method == "OPTIONS":
            continue
        answer = guarded.request(method, fill(path), headers=headers, follow_redirects=False)
        if answer.status_code not in (401, 403):
            ajar.append((method, path, answer.status_code))
    assert ajar == []


@pytest.mark.parametrize("scope", [*HELD, None])
def test_a_key_opens_every_route_of_the_api_that_its_scope_allows_and_no_other(guarded, known, scope):
    headers, place = {"X-API-Key": HELD[scope] if scope else KEY}, SCOPES.index(scope or "admin")
    for method, path in known:
        if path.startswith("/ui"):
            continue
        answer = guarded.request(method, fill(path), headers=headers)
        allowed = SCOPES.index(TAKES.get((method, path), "read")) <= place
        assert (answer.status_code not in (401, 403)) is allowed, (method, path, answer.status_code)
        if not allowed:
            assert f"has the scope {scope}" in answer.json()["error"]


def test_every_route_that_is_no_question_says_what_it_takes(known):
    """Predictions and backtests are asked for by POST, and change nothing."""
    asked = {"/predictions/single", "/predictions/batch", "/predictions/explain", "/portfolio/backtest"}
    acting = {
        (method, path)
        for method, path in known
        if method in ("POST", "PUT", "PATCH", "DELETE") and not path.startswith("/ui") and path not in asked
    }
    assert acting == set(TAKES)


def log_in(service, name: str, key: str, **settings):
    page = open_client(service, host="0.0.0.0", rate_limit=0, **settings)
    assert page.post("/ui/login", data={"username": name, "password": key}).status_code == 200
    return page


def fire(page, number: int, data: list, trigger: int) -> None:
    """Press what that endpoint of the page is behind, as a program would that skips the page: in one visit, for what is
    confirmed is what that visit has looked at."""
    body = {
        "fn_index": number,
        "data": data,
        "session_hash": "visit",
        "trigger_id": trigger,
        "event_data": None,
    }
    if page.post("/ui/gradio_api/queue/join", json=body).is_success:
        page.get("/ui/gradio_api/queue/data", params={"session_hash": "visit"})


def fire_all(page) -> int:
    """Every endpoint, each with what its controls show at first, and a reason where one is asked for."""
    told = page.get("/ui/config").json()
    shown = {part["id"]: "because" if part["type"] == "textbox" else part["props"].get("value")
             for part in told["components"]}  # fmt: skip
    endpoints = [one for one in told["dependencies"] if one["backend_fn"]]
    for one in endpoints:
        fire(page, one["id"], [shown[part] for part in one["inputs"]], one["targets"][0][0] or 0)
    return len(endpoints)


@pytest.mark.parametrize("scope", list(HELD))
def test_whatever_endpoint_of_the_page_is_called_only_what_the_key_allows_is_done(own_world, scope):
    own_world.register(passed=True)
    own_world.register()
    service, before = own_world.service(), own_world.registry.moves(own_world.name)
    with log_in(service, f"{scope}er", HELD[scope], api_keys=NAMED) as page:
        assert fire_all(page) > 20
    started = {run.verb: run.by for run in service.desk.runs().runs if run.by != "earlier"}
    assert started == ({} if scope == "read" else {"monitor": f"{scope}er", "refresh": f"{scope}er"})
    moved = own_world.registry.moves(own_world.name)[len(before) :]
    assert len(moved) == (scope == "admin")
    assert all("said by adminer: because" in move.why for move in moved)


def test_whoever_opens_the_document_in_a_browser_is_led_to_the_login_and_reads_it_then(service):
    page = open_client(service, api_key=KEY, host="0.0.0.0", rate_limit=0)
    led = page.get("/docs", headers={"Accept": "text/html"}, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, "/ui")
    assert "ALFA" not in page.get("/openapi.json").text
    assert page.post("/ui/login", data={"username": "me", "password": KEY}).status_code == 200
    assert "ALFA" in page.get("/docs").text


def test_who_logged_in_on_the_page_is_let_through_and_another_cookie_is_not(service):
    page = open_client(service, api_key=KEY, host="0.0.0.0", rate_limit=0)
    inside = ("/ui/config", "/ui/gradio_api/app_id", "/ui/gradio_api/runs", "/ui/gradio_api/user")
    page.cookies.set("access-token", "made-up")
    assert {page.get(path).status_code for path in inside} == {401}
    assert page.post("/ui/login", data={"username": "me", "password": KEY}).status_code == 200
    assert {page.get(path).status_code for path in inside} == {200}


@pytest.mark.parametrize("path", sorted(OPEN - {"/", "/favicon.ico"}))
def test_what_is_open_tells_no_path_of_the_machine(guarded, world, path):
    assert str(world.home.root) not in guarded.get(path).text
