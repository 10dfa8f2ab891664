"""Hours of exchanges that are kept: the same answers as computed anew, and computed anew where they are in doubt."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ml_core.data import almanac as almanacs
from ml_core.data.almanac import Almanac
from ml_core.data.calendar import last_closed_session, sessions_between
from ml_core.errors import InvalidInput

JUNE = dt.date(2024, 6, 1), dt.date(2024, 6, 30)
EVENING = dt.datetime(2024, 6, 28, 22, tzinfo=dt.UTC)
REFRESH = """
import datetime as dt, json, sys
from pathlib import Path
from ml_core.data.intake.refresh import refresh
from ml_core.home.settings import open_home
from ml_core.spec.experiment import Experiment
folder = Path(sys.argv[1])
data = {"source": "files", "files": {"path": folder / "AAA.csv"}}
asked = {"name": "x", "universe": {"tickers": ["AAA"]}, "data": data}
now = dt.datetime(2024, 6, 28, 22, tzinfo=dt.UTC)
done = refresh(Experiment.model_validate(asked), open_home(folder / "home"), now=now)
print(json.dumps([done.unchanged, "pandas" in sys.modules]))
"""


@pytest.fixture
def almanac(tmp_path) -> Almanac:
    return Almanac(tmp_path / "calendars")


@pytest.fixture
def computed(monkeypatch) -> list[tuple]:
    """The years that were computed, not read."""
    asked, compute = [], almanacs.compute

    def count(*given):
        asked.append(given)
        return compute(*given)

    monkeypatch.setattr(almanacs, "compute", count)
    return asked


def file_of(almanac: Almanac) -> Path:
    (file,) = almanac.folder.iterdir()
    return file


def sessions(almanac: Almanac | None, first=JUNE[0], last=JUNE[1]) -> list[dt.date]:
    return sessions_between("XNYS", first, last, almanac=almanac)


@pytest.mark.parametrize("exchange", ["XNYS", "XTKS", "XSAU", "24/7"])
def test_what_is_kept_answers_as_what_is_computed(almanac, computed, exchange):
    for _ in range(2):
        found = sessions_between(exchange, *JUNE, almanac=almanac)
        assert found == sessions_between(exchange, *JUNE) and found
        for hour in range(0, 48, 5):
            now = EVENING + dt.timedelta(hours=hour)
            kept = last_closed_session(exchange, now, almanac=almanac)
            assert kept == last_closed_session(exchange, now) is not None
    assert len(computed) == 1


def test_a_year_that_is_not_kept_is_computed_and_those_that_are_stay(almanac, computed):
    sessions(almanac)
    assert sessions(almanac, dt.date(1987, 10, 17), dt.date(1987, 10, 20)) == [
        dt.date(1987, 10, 19),
        dt.date(1987, 10, 20),
    ]
    assert sessions(almanac) == sessions(None)
    assert computed == [("XNYS", 2024, 2024), ("XNYS", 1987, 2024)]


def test_another_version_of_the_library_computes_anew(almanac, computed, monkeypatch):
    sessions(almanac)
    monkeypatch.setattr(almanacs, "version", lambda name: f"{name} of tomorrow")
    assert sessions(almanac) == sessions(None) and len(computed) == 2
    assert sessions(almanac) == sessions(None) and len(computed) == 2


def swap_a_digit(content: bytes) -> bytes:
    place = content.rindex(b"0")
    return content[:place] + b"1" + content[place + 1 :]


@pytest.mark.parametrize(
    "damage",
    [swap_a_digit, lambda was: was[: len(was) // 2], lambda was: was[:0], lambda was: b"\xff\xfe" + was],
    ids=["a digit", "cut off", "empty", "no text"],
)
def test_a_damaged_file_is_computed_anew_and_mended(almanac, computed, damage):
    sessions(almanac)
    file = file_of(almanac)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert sessions(almanac) == sessions(None) and len(computed) == 2
    assert file.read_bytes() == whole


def test_who_only_reads_writes_nothing_and_has_the_same_answers(almanac):
    reader = Almanac(almanac.folder, reads=True)
    assert sessions(reader) == sessions(None) and not almanac.folder.exists()
    sessions(almanac)
    before = file_of(almanac).stat().st_mtime_ns
    assert sessions(reader, dt.date(1999, 1, 1)) == sessions(None, dt.date(1999, 1, 1))
    assert file_of(almanac).stat().st_mtime_ns == before


def test_a_folder_that_cannot_be_made_costs_no_answer(tmp_path):
    (tmp_path / "calendars").write_text("a file in its place")
    assert sessions(Almanac(tmp_path / "calendars")) == sessions(None)


def test_an_unknown_exchange_is_refused_and_nothing_kept(almanac):
    with pytest.raises(InvalidInput, match=r"unknown exchange '\.\./XNYS'; did you mean 'XNYS'"):
        sessions_between("../XNYS", *JUNE, almanac=almanac)
    assert not almanac.folder.exists()


def test_a_refresh_that_finds_nothing_new_loads_no_library_of_calendars(tmp_path):
    rows = [f"{day},{100 + day.day}" for day in sessions(None)]
    (tmp_path / "AAA.csv").write_text("\n".join(["date,close", *rows]))
    told = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", REFRESH, str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=200,
            check=True,
        )
        told.append(json.loads(done.stdout))
    assert told == [[False, True], [True, False]]
