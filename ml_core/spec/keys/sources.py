"""Of where bars come from: a table for each source, and what is said beside the bars."""

from ml_core.spec.keys.key import Key

FILES = {
    "path": Key("A Parquet or CSV file, or a folder of them; meant from this file's folder.", "bars.csv"),
    "ticker": Key("Whose rows they are, where the file has no column of tickers.", "SPY"),
    "date_format": Key("How dates are written, where that can be read in two ways.", "%d/%m/%Y"),
    "columns": Key("The file's own names of columns, where they are not known.", {"close": "Schlusskurs"}),
    **{
        f"columns.{name}": Key(f"The file's column of {about}.", example)
        for name, about, example in (
            ("date", "dates", "Datum"),
            ("ticker", "tickers", "Kürzel"),
            ("open", "first prices", "Eröffnung"),
            ("high", "highest prices", "Hoch"),
            ("low", "lowest prices", "Tief"),
            ("close", "last prices", "Schlusskurs"),
            ("adj_close", "last prices that are adjusted for dividends and splits", "Bereinigt"),
            ("volume", "traded shares", "Volumen"),
            ("dividend", "dividends a share", "Dividende"),
            ("split", "splits, as 2 or 2:1", "Split"),
        )
    },
    "separator": Key("The sign between columns of a text; left out, it is found.", ";"),
    "decimal": Key("The decimal sign of numbers in a text; left out, it is found.", ","),
    "basis": Key("Whether past splits are in the prices already, or they are as traded."),
}
SIMULATED = {
    "seed": Key("From which number the market is drawn."),
    "start": Key("The first day of the market."),
    "sessions": Key("How many sessions the market has."),
    "signal": Key("Which kind of signal is planted."),
    "ic": Key("How strong it is: its correlation with what is the ticker's own in the next return."),
    "memory": Key("Over how many sessions the planted momentum is measured."),
    "delay": Key("How many sessions later the signal acts."),
    "decay": Key("How much of the signal is left each session after."),
    "volatility": Key("How much a ticker moves in a session."),
    "jumps": Key("The chance of a jump, a ticker and session."),
    "late": Key("The share of tickers that come to the market after its start."),
    "delisted": Key("The share of tickers that leave before its end."),
}
YAHOO = {
    "store_every": Key("After so many seconds what came is stored."),
    "rotate": Key("Whether one ticker a day, in turn, is fetched whole and compared."),
    "sectors": Key("Whether the sector of each ticker is asked for; three more requests a ticker."),
    "budget": Key("For how many seconds a refresh waits in vain, in all."),
    "timeout": Key("For how many seconds one answer is waited for."),
    "pace": Key("Seconds between two requests."),
    "at_once": Key("How many requests are under way together."),
    "wait": Key("The first pause in seconds after a refusal, doubled each time."),
    "longest_wait": Key("The longest such pause in seconds."),
    "tries": Key("How often a ticker is asked for after a failure that is no refusal."),
    "give_up_after": Key("After so many tickers in a row without an answer the others are not asked."),
}
QUALITY = {
    "limit": Key("The largest share of bars, or of tickers, that may be refused before the refresh is."),
    "skip": Key("Checks that are not run.", ["repeats"]),
    "accept": Key("Bars that are kept as they came, whatever a check says.", ["OXY 2020-03-09"]),
    "refuse": Key("Bars that are kept out.", ["OXY 2020-03-09"]),
    "split": Key("Splits and spin-offs that the source does not record.", ["EBAY 2015-07-20 2.376"]),
}
CONTEXT = {
    "series": Key("Tickers that are not forecast; their bars become features.", ["^VIX", "^TNX"]),
    "lag": Key("After how many sessions their close is known."),
    "table": Key("A dated table of your own; meant from this file's folder.", "macro.csv"),
    "known": Key("Its column that says since when each row was known."),
    "date": Key("Its column that says what a row is about."),
}
TABLES = {
    "files": ("Bars from your own files.", FILES),
    "simulated": ("A made-up market whose answer is known; it needs no network.", SIMULATED),
    "yahoo": ("How Yahoo Finance is asked.", YAHOO),
    "quality": ("What you know better of bars, and how much may be wrong.", QUALITY),
    "context": ("What is known beside the bars.", CONTEXT),
}
EXAMPLES = {
    "files": {"path": "bars.csv"},
    "simulated": {"sessions": 1500},
    "yahoo": {"at_once": 4},
    "quality": {"accept": ["OXY 2020-03-09"]},
    "context": {"series": ["^VIX"]},
}
SOURCES = {
    key: said
    for table, (about, keys) in TABLES.items()
    for key, said in {
        f"data.{table}": Key(about, EXAMPLES[table]),
        **{f"data.{table}.{name}": said for name, said in keys.items()},
    }.items()
}
