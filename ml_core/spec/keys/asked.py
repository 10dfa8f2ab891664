"""Of what is asked: name, universe, data, task."""

import datetime as dt

from ml_core.spec.keys.key import Key

ASKED = {
    "name": Key(
        "What models and forecasts of this file are kept under; letters, digits, - and _.", "my_etfs"
    ),
    "universe": Key(
        "Which tickers, on which exchange, and who belonged to it when.", {"tickers": ["SPY", "QQQ"]}
    ),
    "universe.tickers": Key("The tickers, as the source spells them.", ["SPY", "QQQ"]),
    "universe.sectors": Key(
        "The sector of a ticker: features and strategies compare within it.", {"AAPL": "tech"}
    ),
    "universe.calendar": Key("The exchange whose sessions count, by its code; XNYS is New York."),
    "universe.benchmark": Key("The ticker that excess returns and backtests are held against.", "SPY"),
    "universe.members": Key(
        "A file of (ticker, from, to) that says who was in the index, and when.", "members.csv"
    ),
    "universe.delisting": Key("What a ticker returned on the session after its last bar.", {"LEHM": -1.0}),
    "data": Key(
        "Where bars come from; each source has a table of its own, as [data.yahoo].", {"source": "files"}
    ),
    "data.source": Key("Who brings the bars."),
    "data.start": Key("The first day of bars; left out, as far back as the source has.", dt.date(2010, 1, 1)),
    "data.end": Key("The last day of bars; left out, up to now.", dt.date(2024, 12, 31)),
    "task": Key("What is forecast, and how far back a model looks.", {"horizons": [1, 5]}),
    "task.frequency": Key("How often a forecast is made; a weekly one counts in weeks."),
    "task.horizons": Key("How many sessions ahead, as increasing numbers.", [1, 5]),
    "task.target": Key(
        "What is forecast: the return, the return beyond the others', or the rank among them."
    ),
    "task.lookback": Key("How many sessions a model looks back on."),
    "task.layout": Key("Whether a model sees one ticker at a time (pooled) or all of them at once (joint)."),
}
