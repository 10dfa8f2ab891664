"""What MkDocs calls while it builds the site: adds the pages that are generated, lays out the navigation, and makes of
a page that is written for GitHub one that reads the same here."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from website.layout import lay_out
from website.reference import reference_pages
from website.rewriting import rewrite
from website.sources import carried_pages, source_pages

ELSEWHERE = "https://unpkg.com/"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages of `docs`, and those that are made of README, of code, and of what pages link to."""
    written = {file.src_uri: file.content_string for file in files.documentation_pages()}
    made = carried_pages() | reference_pages()
    made |= source_pages(written | made)
    for place, text in made.items():
        files.append(File.generated(config, place, content=text))
    config.nav = lay_out(written | made)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    del config, files  # MkDocs names what it hands over
    return rewrite(markdown, page.file.src_uri)


def on_post_build(config: MkDocsConfig) -> None:
    """The theme's script would ask a server elsewhere for what an old browser lacks; this site asks nobody."""
    for script in Path(config.site_dir, "assets", "javascripts").rglob("*.js*"):
        text = script.read_text(encoding="utf-8")
        if ELSEWHERE in text:
            script.write_text(text.replace(ELSEWHERE, "assets/"), encoding="utf-8")
