"""What is read on the page can be read: in the light and in the dark, and on a phone."""

import pytest

from benchmarks.screenshots import main
from serving.look.sheet import SHEET
from serving.look.style import DARK, LIGHT

ON_SURFACE = ("ink", "muted", "blue", "down", "pass", "refuse")


def luminance(color: str) -> float:
    """Relative, as WCAG 2.2 defines it."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_words_have_the_contrast_of_aa_on_what_they_stand_on(palette):
    for word in ON_SURFACE:
        for ground in ("surface", "page"):
            assert contrast(palette[word], palette[ground]) >= 4.5, (word, ground)
    for ground in ("note", "note-code"):
        assert contrast(palette["ink"], palette[ground]) >= 4.5, ground


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_what_is_drawn_stands_out_from_the_page(palette):
    for mark in ("blue", "green", "alarm", "grey"):
        assert contrast(palette[mark], palette["surface"]) >= 3.0, mark


def test_both_palettes_name_the_same_colours_and_the_sheet_has_them():
    assert set(LIGHT) == set(DARK)
    assert all(f"--{name}: {color};" in SHEET for palette in (LIGHT, DARK) for name, color in palette.items())


@pytest.mark.parametrize(
    ("option", "given", "known"), [("--looks", "desktop", "phone-dark"), ("--tabs", "home", "backtest")]
)
def test_pictures_of_a_look_or_a_tab_that_there_is_not_are_refused_by_name(
    tmp_path, capsys, option, given, known
):
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path), option, given])
    assert f"'{given}' is none of" in (told := capsys.readouterr().err)
    assert known in told
