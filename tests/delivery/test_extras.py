"""What an extra brings is asked for only where it is used, and where it is missing the command says which it is."""

import sys

import pytest

from tests.cli.command_line import run
from tests.market import write_experiment


@pytest.mark.parametrize(
    ("ending", "module", "package"), [(".docx", "docx", "python-docx"), (".pdf", "typst", "typst")]
)
def test_a_report_without_its_package_names_the_extra_before_any_work(
    tmp_path, monkeypatch, ending, module, package
):
    monkeypatch.setitem(sys.modules, module, None)
    out, home = tmp_path / f"report{ending}", tmp_path / "home"
    home.mkdir()
    done = run("report", str(write_experiment(tmp_path)), "--home", str(home), "--out", str(out))
    assert done.exit_code == 2
    assert done.stderr.strip() == (
        f"candorcast: a report as {ending} needs {package}, which is not installed; "
        "run: pip install 'candorcast[report]'"
    )
    assert not out.exists()


def test_a_page_needs_no_extra(tmp_path, monkeypatch):
    for module in ("docx", "typst"):
        monkeypatch.setitem(sys.modules, module, None)
    file, out = write_experiment(tmp_path), tmp_path / "report.html"
    home = ("--home", str(tmp_path / "home"))
    assert run("refresh", str(file), *home).exit_code == 0
    done = run("report", str(file), *home, "--out", str(out))
    assert done.exit_code == 0, done.stderr
    assert out.read_bytes().startswith(b"<!")
