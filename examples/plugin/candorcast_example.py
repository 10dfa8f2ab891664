"""One of each kind. A library that is slow to load is imported where it is used: this module is loaded by every command
that lists models."""

import datetime as dt
from typing import Annotated, Any, ClassVar

import numpy as np
import polars as pl
from pydantic import Field, PositiveFloat, PositiveInt

import candorcast


class Waves(candorcast.Config):
    """What [data.waves] may say; editors show the description of a key."""

    swing: Annotated[PositiveFloat, Field(le=0.5, description="How far prices go up and down.")] = 0.1


@candorcast.provider("ALFA", "BRAV", config=Waves)
def waves(request: Any, config: Waves) -> pl.DataFrame:
    """Made up here, where another would ask a database: it has every ticker whose name has four letters."""
    days = pl.date_range(dt.date(2022, 1, 3), dt.date(2024, 6, 28), eager=True).alias("date")
    days = days.filter(days.dt.weekday() <= 5)
    step = np.arange(len(days))
    return pl.concat(
        pl.DataFrame([days]).select(
            ticker=pl.lit(ticker),
            date="date",
            close=pl.Series(100 * np.exp(config.swing * np.sin(step / (5 + sum(map(ord, ticker)) % 17)))),
        )
        for ticker in request.tickers
        if len(ticker) == 4
    )


class Forest(candorcast.Config):
    """`trees`, each at most so `deep`. A search varies what has a range; `draws`: the seed matters."""

    draws: ClassVar[bool] = True
    trees: Annotated[PositiveInt, candorcast.OneOf(20, 40)] = 20
    deep: Annotated[PositiveInt, candorcast.OneOf(2, 3, 4)] = 3


@candorcast.model(config=Forest, rows=5000)
def extra_trees(config: Forest, seed: int) -> Any:
    """Of scikit-learn: kept as the rows that it learned from, and fitted again where it is opened."""
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(config.trees, max_depth=config.deep, min_samples_leaf=20, random_state=seed)


class Halves:
    """Says itself how what it learned becomes arrays: what followed a rise of the first input, and what a fall."""

    def fit(self, x_RF: np.ndarray, y_R: np.ndarray) -> None:
        rose_R = x_RF[:, 0] > 0
        self.after_2 = np.array([y_R[~rose_R].mean(), y_R[rose_R].mean()])

    def predict(self, x_RF: np.ndarray) -> np.ndarray:
        return self.after_2[(x_RF[:, 0] > 0).astype(int)]

    def arrays(self) -> dict[str, np.ndarray]:
        return {"after": self.after_2}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        self.after_2 = arrays["after"]


@candorcast.model()
def halves(_config: candorcast.Config, _seed: int) -> Halves:
    return Halves()


@candorcast.feature("close", "high", windows=(10, 30), group="example")
def below_high(window: int) -> pl.Expr:
    """How far the close lies below the highest high of the window, as a share."""
    return pl.col("close") / pl.col("high").rolling_max(window).over("ticker") - 1


class Alone(candorcast.Config):
    """What [strategy.options] may say."""

    share: Annotated[PositiveFloat, Field(le=1, description="How much of the equity is held.")] = 1.0


@candorcast.strategy(config=Alone)
def best_alone(views: pl.DataFrame, _market: object, options: Alone) -> pl.DataFrame:
    """A share of the equity in the ticker whose forecast is surest, long or short by its sign."""
    sure = (pl.col("mean") / pl.col("scale")).abs()
    first = sure.rank("ordinal", descending=True).over("date") == 1
    held = options.share * pl.col("mean").sign()
    return views.select("ticker", "date", weight=pl.when(first).then(held).otherwise(0.0))


@candorcast.metric(better="lower")
def huber(rows: Any) -> np.ndarray:
    """Mean Huber loss of the log return, in units of 1 %: a wild day counts by its size, not by its square."""
    miss = np.abs(rows["mean"] - rows["realized"]) / 0.01
    return np.where(miss < 1, 0.5 * miss**2, miss - 0.5)
