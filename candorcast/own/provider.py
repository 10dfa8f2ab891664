"""Registers a provider of bars: a function that asks wherever they are. `data.source` names it; what comes is checked,
stored in versions and refreshed as bars of ours are."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import polars as pl

from candorcast.frames import as_polars
from candorcast.own.naming import check_name, own_code
from ml_core.baselines import BaselineConfig
from ml_core.data.providers import PROVIDERS, Fetched, Outcome, Provider, Request, TellFetched
from ml_core.errors import ForecastError, InvalidData, InvalidInput
from ml_core.frames import BARS, KEYS, conform, unique
from ml_core.spec import choices
from ml_core.spec.experiment import Universe
from ml_core.spec.outside import register

Ask = Callable[[Request, Any], Any]
NEEDED = ("ticker", "date", "close")


class _NoOptions(BaselineConfig):
    """Nothing to say."""


def provider(*tickers: str, config: type[BaselineConfig] = _NoOptions) -> Callable[[Ask], Ask]:
    """Register the function below: of (request, config) it gives a frame of bars with at least ticker, date and close,
    of polars or pandas. `request.tickers` are wanted from `request.start` to `request.end`, each None where it is open;
    more rows do no harm. It raises where it cannot ask, and leaves out what it does not have. `tickers` are some that
    it surely has: checks ask for them. `config` is what [data.NAME] may say."""

    if strange := next((one for one in tickers if not isinstance(one, str)), None):
        raise InvalidInput(
            f"provider: expected tickers that it surely has, such as @candorcast.provider('AAPL'), got {strange!r}"
        )

    def declare(ask: Ask) -> Ask:
        name = ask.__name__
        check_name("provider", name, [*choices.own_names(PROVIDERS), "quality", "context"])
        if not tickers:
            raise InvalidInput(f"provider '{name}': expected tickers that it surely has, such as ('AAPL')")
        if not (isinstance(config, type) and issubclass(config, BaselineConfig)):
            raise InvalidInput(
                f"provider '{name}': config: expected a child of candorcast.Config, got {config!r}"
            )
        made = Provider(config, _identity(name), _fetch(name, ask))
        register(
            "provider", name, lambda: SimpleNamespace(PROVIDER=made, TICKERS=tickers), place=ask.__module__
        )
        return ask

    return declare


def _identity(name: str) -> Callable[[Universe, BaselineConfig], str]:
    """Where its options differ the bars may, and are kept apart."""

    def identity(_universe: Universe, config: BaselineConfig) -> str:
        said = config.model_dump(exclude_defaults=True)
        return f"{name}-{config.digest()[:10]}" if said else name

    return identity


def _fetch(name: str, ask: Ask) -> Callable[..., Fetched]:
    whose = f"provider '{name}'"

    def fetch(request: Request, config: BaselineConfig, *, progress: TellFetched | None = None) -> Fetched:
        try:
            with own_code(whose, "asked"):
                told = ask(request, config)
        except ForecastError as error:
            failed = {ticker: Outcome("failed", str(error)) for ticker in request.tickers}
            return Fetched(pl.DataFrame(schema=BARS), failed)
        bars = _bars(as_polars(told, whose), request, whose)
        counts = dict(bars["wanted"].group_by("ticker").len().iter_rows())
        known = set(bars["all"]["ticker"])
        if progress:
            progress(request.tickers[-1], len(request.tickers), len(request.tickers))
        return Fetched(bars["wanted"], {one: _outcome(one, counts, known) for one in request.tickers})

    return fetch


def _bars(told: pl.DataFrame, request: Request, whose: str) -> dict[str, pl.DataFrame]:
    """BARS of the tickers that are wanted, `all` of them and those of the dates that are `wanted`."""
    if lacking := [column for column in NEEDED if column not in told.columns]:
        raise InvalidInput(f"{whose}: no column {', '.join(lacking)}; it gave {', '.join(told.columns)}")
    basis = "traded" if "split" in told.columns else "split_adjusted"
    whole = told.with_columns(
        pl.lit(basis if column == "basis" else None, kind).alias(column)
        for column, kind in BARS.items()
        if column not in told.columns
    )
    try:
        rows = unique(conform(whole, BARS, whose), KEYS["bars"], whose)
    except InvalidData as error:
        raise InvalidInput(str(error)) from None
    rows = rows.filter(pl.col("ticker").is_in(request.tickers), pl.col("close").is_not_null())
    last = min(request.end or request.now.date(), request.now.date())
    after = pl.col("date") >= request.start if request.start else pl.lit(True)
    return {"all": rows, "wanted": rows.filter(after & (pl.col("date") <= last))}


def _outcome(ticker: str, counts: dict[str, int], known: set[str]) -> Outcome:
    if ticker in counts:
        return Outcome("ok", rows=counts[ticker])
    return (
        Outcome("empty", "no bar in range") if ticker in known else Outcome("unknown", "it gave no bar of it")
    )
