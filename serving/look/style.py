"""Colours and fonts: one calm look for charts, tables and controls."""

FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONOSPACE = ["ui-monospace", "Menlo", "Consolas", "monospace"]

INK, MUTED, LINE, SURFACE, PAGE = "#1b2430", "#586374", "#e2e6eb", "#ffffff", "#f6f7f9"
# After Okabe and Ito: told apart in every common form of colour blindness, and in grey.
BLUE, VERMILION, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#e69f00", "#007f5c", "#7b8794"
# What the page is painted with, in the light and in the dark; on its surface each word has a contrast of 4.5 or more.
LIGHT = {
    "ink": INK, "muted": MUTED, "line": LINE, "surface": SURFACE, "page": PAGE, "blue": BLUE, "green": GREEN,
    "alarm": VERMILION, "warn": ORANGE, "grey": GREY, "down": "#b34700", "pass": "#00573f", "refuse": "#8a3600",
    "bar": "#cfe3dc", "gauge": "#9fb8c9", "note": "#fff8ec", "note-line": "#f0d9ae", "note-code": "#fdebca",
    "shade": "rgba(27, 36, 48, 0.2)",
}  # fmt: skip
DARK = {
    "ink": "#e8ecf1", "muted": "#a5b0bd", "line": "#303b48", "surface": "#18202a", "page": "#0f151d",
    "blue": "#6cbcf0", "green": "#4cc79b", "alarm": "#f08a4b", "warn": "#f0b541", "grey": "#8d99a6",
    "down": "#f4a06c", "pass": "#6bd6ab", "refuse": "#f4a57a", "bar": "#2c5a4c", "gauge": "#4a6a80",
    "note": "#2b2415", "note-line": "#5a4a22", "note-code": "#40351a", "shade": "rgba(0, 0, 0, 0.75)",
}  # fmt: skip
# Of a field of a figure, from lost to gained. Nothing is clear, so that it is the surface's colour in the dark as well.
DIVERGING = [
    [0.0, "rgba(213, 94, 0, 0.55)"], [0.5, "rgba(213, 94, 0, 0)"],
    [0.5, "rgba(0, 114, 178, 0)"], [1.0, "rgba(0, 114, 178, 0.55)"],
]  # fmt: skip
GREYS = [[0.0, "rgba(123, 135, 148, 0)"], [1.0, "rgba(123, 135, 148, 0.8)"]]  # of one where nothing is proven

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1b2430"/>'
    '<path d="M5 21l6-5 5 3 5-8" fill="none" stroke="#fff" stroke-width="2.5"/>'
    '<path d="M21 11l6-6v14z" fill="#7fd1b9"/></svg>'
)


def write_palettes(light: str, dark: str) -> str:
    """The colours as variables of a sheet, for what these selectors find."""
    told = ((light, "light", LIGHT), (dark, "dark", DARK))
    return "\n".join(
        f"{where} {{ color-scheme: {scheme}; {' '.join(f'--{name}: {value};' for name, value in palette.items())} }}"
        for where, scheme, palette in told
    )
