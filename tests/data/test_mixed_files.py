"""What is stored of files changes only when the rules of the checks do: whoever makes reading or checking quicker keeps
every bit."""

import polars as pl

from ml_core.data.quality.judge import check_bars
from tests.contracts.planted_bars import EVERY
from tests.data.mixed_files import EARLIER, LAST, digest, opened, spoilt_bars, take_in, told, write_mixed

AT_FIRST, A_FORTNIGHT_LATER = "751d292be3a7d644", "bcbcca89a8ca59ff"
PLANTED = "5516ab19986eb4d4"


def test_bars_and_findings_of_a_mixed_folder_are_those_remembered(tmp_path, home):
    folder, bars = tmp_path / "files", spoilt_bars()
    write_mixed(folder, bars, until=EARLIER)
    take_in(folder, home, session=EARLIER)
    assert digest(*told(opened(folder, home))) == AT_FIRST
    write_mixed(folder, bars, until=LAST)
    take_in(folder, home, session=LAST)
    assert digest(*told(opened(folder, home))) == A_FORTNIGHT_LATER


def test_what_every_check_finds_and_makes_of_a_bar_is_what_is_remembered():
    quality = {name.upper(): plant.quality for name, plant in EVERY.items()}
    checked = [
        check_bars(bars, calendar="XNYS", quality=quality[ticker]) for ticker, bars in spoilt_bars().items()
    ]
    sound, findings = pl.concat([one.sound for one in checked]), pl.concat([one.findings for one in checked])
    assert digest(sound, findings) == PLANTED
