"""The scripts that the page loads: from this server, and from nobody else."""

import json
from functools import cache
from hashlib import blake2b
from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, Response

FOLDER = Path(__file__).parent / "static"
SCRIPTS = ("lightweight-charts.js", "candles.js")  # of the candles, in the order in which they are loaded
PICTURES = "pictures.js"
WHERE = "/static/"
FOR_GOOD = "public, max-age=31536000, immutable"  # an address names what it leads to

LOAD = """const load = address => new Promise((done, failed) => {
  const script = document.createElement('script');
  Object.assign(script, {src: address, onload: done, onerror: failed});
  document.head.append(script);
});
window.candorcastLoaded ??= SCRIPTS.reduce((before, one) => before.then(() => load(one)), Promise.resolve());
const draw = () => window.candorcastLoaded.then(
  () => candorcastCandles(element, props.value ? JSON.parse(props.value) : null),
  () => {
    const box = element.querySelector('.cc-candles');
    box.textContent = 'The chart could not be loaded; the table below has its numbers.';
  }
);
draw();
watch('value', draw);"""


def add_scripts(app: FastAPI) -> None:
    @app.get(f"{WHERE}{{name}}", include_in_schema=False)
    def script(name: str) -> Response:
        if name not in (*SCRIPTS, PICTURES):
            raise HTTPException(404)
        return FileResponse(FOLDER / name, media_type="text/javascript", headers={"Cache-Control": FOR_GOOD})


@cache
def draw_candles() -> str:
    """What draws the chart of a part of the page, once its scripts are there: each is loaded once, after the one that
    it needs. Gradio's own `head` starts them all and waits for none."""
    return LOAD.replace("SCRIPTS", json.dumps([_address(name) for name in SCRIPTS]))


@cache
def save_pictures() -> str:
    """What puts a button on each chart of the page, as a part of its head."""
    return f'<script src="{_address(PICTURES)}" defer></script>'


def _address(name: str) -> str:
    """Another one as soon as the script is another."""
    return f"{WHERE}{name}?{blake2b((FOLDER / name).read_bytes(), digest_size=6).hexdigest()}"
