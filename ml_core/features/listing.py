"""The catalogue in, a table of every feature for people out: docs/features.md is made from it."""

from itertools import groupby

from ml_core.features.declaration import Feature, whole_history
from ml_core.features.groups import context
from ml_core.features.table import known_features, parts

SERIES = f"{context.PREFIX}SERIES"
SCOPES = {
    "ticker": "the ticker's past",
    "calendar": "the date alone",
    "date": "the date's tickers",
    "sector": "those of the sector",
    "regime": "the market's past, with parameters of the training dates",
}


def list_features() -> list[dict[str, str | int]]:
    """One row a feature: group, name, the rows of history that it needs, the columns, and what it is."""
    known = known_features((SERIES,))
    every = parts() | {name: feature for name, (_, feature) in known.items()}
    return [
        {
            "group": group,
            "feature": name,
            "history": whole_history(name, every),
            "sees": SCOPES[_widest(feature, every)],
            "made of": ", ".join(sorted(_columns(name, every))),
            "what it is": feature.about,
        }
        for name, (group, feature) in sorted(known.items(), key=lambda item: item[1][0])
    ]


def write_markdown() -> str:
    """The page: one table a group, one line for the windows of a feature."""
    rows = list_features()
    lines = [
        "# Features",
        "",
        f"{len(rows)} features in {len({row['group'] for row in rows})} groups, made by "
        "`candorcast features --markdown > docs/features.md`; a test holds the page to the code.",
        "",
        "A feature of session *t* depends on session *t* and earlier ones, bit for bit. History is how many rows",
        "before its own suffice for a value, through everything that it is made of. With `[data.context]`",
        f"each series has the features of `{SERIES}`, and is one itself where `features.names` has it (a level, as",
        "`context_eps` of a table with a ticker column). What needs a column that is lacking is left out, and said.",
        "A window counts the ticker's own sessions; that of a regime, the market's. Tickers without a sector are each",
        "other's peers. To what divides or stands in a logarithm and may be zero, a small constant is added (1e-12 to",
        "1e-3, or one share), so that a still price gives a number.",
        "`features.groups` and `features.names` say which there are to choose from (default: all), `features.select`",
        'how many a fit takes (default 24, or `"all"`).',
    ]
    for group, inside in groupby(rows, key=lambda row: row["group"]):
        lines += [
            "",
            f"## {group}",
            "",
            "| feature | history | sees | made of | what it is |",
            "|---|--:|---|---|---|",
        ]
        for about, same in groupby(inside, key=lambda row: (row["what it is"], row["sees"], row["made of"])):
            lines.append(_line(about[0], list(same)))
    return "\n".join(lines) + "\n"


def _line(about: str | int, rows: list[dict[str, str | int]]) -> str:
    names = ", ".join(f"`{row['feature']}`" for row in rows)
    histories = sorted({int(row["history"]) for row in rows})
    history = str(histories[0]) if len(histories) == 1 else f"{histories[0]}\N{EN DASH}{histories[-1]}"
    return f"| {names} | {history} | {rows[0]['sees']} | {rows[0]['made of']} | {about} |"


def _widest(feature: Feature, every: dict[str, Feature]) -> str:
    """The widest view among the feature and all that it is made of."""
    order = list(SCOPES)
    below = [_widest(every[need], every) for need in feature.needs if need in every]
    return max([feature.scope, *below], key=order.index)


def _columns(name: str, every: dict[str, Feature]) -> set[str]:
    if name not in every:
        return {name}
    return set().union(*(_columns(need, every) for need in every[name].needs))
