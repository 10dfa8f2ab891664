"""The site is built without a warning, holds every page and what code tells of itself, and loads nothing from
elsewhere."""

import inspect
import json
import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

import candorcast
from candorcast import Opened
from cli.line import app
from ml_core.spec.keys import KEYS
from website.python_reference import given_back
from website.rewriting import rewrite

HOUSE = Path(__file__).parents[2]
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}


class Loaded(HTMLParser):
    """What a browser would fetch for a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == LOADS.get(tag)]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=HOUSE,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_every_document_has_a_page(site):
    documents = [path.relative_to(HOUSE / "docs") for path in (HOUSE / "docs").rglob("*.md")]
    assert len(documents) > 60
    assert [path for path in documents if not (site / path).with_suffix(".html").is_file()] == []


def test_no_page_loads_anything_from_elsewhere(site):
    loaded = {what for page in site.rglob("*.html") for what in Loaded(page).found}
    assert len(loaded) > 10
    assert [what for what in loaded if re.match(r"(https?:)?//", what)] == []
    written = [path for kind in ("*.css", "*.js") for path in site.rglob(kind)]
    asked = r"""(?:@import|url\(|src=|import\()\s*["']?https?://|https://unpkg"""
    assert written and [path for path in written if re.search(asked, path.read_text(encoding="utf-8"))] == []


def test_every_link_between_pages_leads_to_a_page_that_is_there(site):
    lacking = [
        (page.name, target)
        for page in site.rglob("*.html")
        if page.name != "404.html"
        for target in re.findall(
            r'<a [^>]*?href="(?!https?:|mailto:|#)([^"#]+)', page.read_text(encoding="utf-8")
        )
        if not (page.parent / target).exists()
    ]
    assert lacking == []


def test_every_command_every_key_and_every_route_is_in_the_reference(site):
    commands, keys, routes = (
        (site / "reference" / f"{name}.html").read_text(encoding="utf-8")
        for name in ("commands", "experiment", "routes")
    )
    assert [one.name for one in app.registered_commands if f'id="{one.name}"' not in commands] == []
    assert [key for key in KEYS if f"<code>{key}</code>" not in keys and f'id="{key}"' not in keys] == []
    assert "POST /predictions/single" in routes and "<code>ticker</code>" in routes


def test_every_name_and_every_verb_of_the_python_interface_is_in_the_reference_with_what_it_does(site):
    told = unescape(re.sub(r"<[^>]+>", "", (site / "reference" / "python.html").read_text(encoding="utf-8")))
    verbs = [f"Opened.{name}" for name in vars(Opened) if not name.startswith("_")]
    names = [f"candorcast.{name}" for name in candorcast.__all__]
    assert [one for one in (*verbs, *names) if one not in told] == []
    spoken = " ".join(told.split())
    for thing in (Opened.refresh, Opened.certify, candorcast.open, candorcast.recheck):
        assert " ".join(str(inspect.getdoc(thing)).replace("`", "").split()) in spoken
    assert {"Answer", "Evaluation", "Evidence", "ForecastOrigin"} <= {one.__name__ for one in given_back()}


def test_what_a_page_says_can_be_searched_without_a_server_elsewhere(site):
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert any(one["location"].startswith("decisions/luck.html") for one in index["docs"])


def test_a_list_right_after_its_sentence_is_a_list_and_code_stays_as_it_is():
    assert rewrite("So:\n- one\n- two\n", "a.md") == "So:\n\n- one\n- two\n"
    assert rewrite("```\nSo:\n- one\n```\n", "a.md") == "```\nSo:\n- one\n```\n"


def test_a_link_into_the_tree_leads_to_a_page_of_the_site():
    assert rewrite("[x](docs/api.md#keys)", "index.md") == "[x](api.md#keys)"
    assert (
        rewrite("[x](../../ml_core/frames.py)", "decisions/luck.md") == "[x](../source/ml_core/frames.py.md)"
    )


def test_a_drawing_is_told_arrow_by_arrow_and_one_that_cannot_be_is_refused():
    drawn = rewrite('```mermaid\nflowchart TD\n    a["the a"] -->|go| b\n```\n', "a.md")
    assert "| the a | go | b |" in drawn
    with pytest.raises(ValueError, match="no arrow: subgraph"):
        rewrite("```mermaid\nflowchart TD\nsubgraph x\n```\n", "a.md")
