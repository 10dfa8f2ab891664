"""Where things are found on this server, and how an address names an experiment."""

from urllib.parse import urlencode

PAGE, REFERENCE, DOCUMENT = "/ui", "/docs", "/openapi.json"
FIELD, UNDER = b"experiment=", "/experiments/"


def page_of(name: str = "", query: str = "") -> str:
    """The address of the page: of that experiment, or of the first."""
    named = urlencode({"experiment": name}) if name else ""
    asked = "&".join(filter(None, (named, query)))
    return f"{PAGE}{'/' if name else ''}{'?' if asked else ''}{asked}"


def path_of(name: str) -> str:
    """Under which all that is said of that experiment is found too."""
    return f"{UNDER}{name}"
