"""`predict`: forecasts the last session, or a past one, with a registered model."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from cli.output import open_output
from cli.screens import versions
from cli.session import DONE, PARTIAL, Session
from ml_core.errors import InvalidInput


def predict(session: Session, *, as_of: str | None, out: Path | None, version: str | None) -> int:
    from ml_core.data.prices import read_prices, tell_absent
    from ml_core.data.store.forecasts import write_forecast
    from ml_core.prediction.forecast import forecast, require_answers
    from ml_core.registry.versions import Registry

    experiment, terminal, day = session.experiment, session.terminal, read_date(as_of)
    if day and day > session.now.date():
        raise InvalidInput(f"--as-of {day}: lies in the future; expected today or a past day")
    write = open_output(out) if out else None
    prices = read_prices(experiment, session.home, until=day)
    registry = Registry(session.home)
    forecaster = registry.load(registry.find(experiment.model_name, version))
    asked = experiment.universe.tickers
    table = forecast(forecaster, prices, as_of=day, tickers=asked)
    missing = require_answers(asked, table, prices)
    missing |= tell_absent(experiment, session.home, prices, until=day)
    write_forecast(session.home, experiment.model_name, table)
    if write:
        write(table)
    for ticker, reason in missing.items():
        terminal.warn(f"{ticker}: no forecast: {session.spell_out(reason)}")
    terminal.table(versions.forecast_rows(table), title=f"{forecaster.name} version {forecaster.version}")
    terminal.document({"forecasts": table.to_dicts(), "missing": missing})
    return PARTIAL if missing else DONE


def read_date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(f"--as-of {text}: expected a date such as 2024-05-31") from None
