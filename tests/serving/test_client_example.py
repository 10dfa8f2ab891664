"""The client of docs/api.md runs as it stands, but for the address."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def test_the_client_of_the_page_runs_against_a_real_server(address):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    plain = code.replace("http://127.0.0.1:8000", address)
    assert plain != code
    done = subprocess.run([sys.executable, "-c", plain], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    assert "proven:" in done.stdout
    assert "deflated by" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("completed ")
    assert "last session" in done.stdout.splitlines()[-1]
