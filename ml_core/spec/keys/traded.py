"""A sentence for each key of `[strategy]`, `[gate]` and `[serving]`."""

from ml_core.spec.keys.key import Key

SIZING = {
    "kind": Key("How forecasts become weights; auto is single, or long_short from five tickers on."),
    "options": Key("What a strategy of your own is told; it checks it.", {"share": 0.5}),
    "horizon": Key("Of which horizon the forecasts are traded; left out, the first.", 5),
    "quantile": Key("Which share of the names is held long; as many are held short."),
    "neutral": Key("Whether as much is sold as bought in the whole market or in each sector."),
    "smoothing": Key(
        "The half-life, in sessions, over which a ticker's forecasts are averaged; 0: they are not."
    ),
    "conviction": Key(
        "How a single position grows with its forecast: beside the usual one, or beside daily_volatility."
    ),
    "gate": Key(
        "Forecasts weaker than this quantile of all earlier ones are not traded.", {"beat": ["zero"]}
    ),
    "gate_sessions": Key("Over how many sessions the gate looks back."),
    "daily_volatility": Key("The volatility of a day that a position is scaled to.", 0.01),
    "volatility_sessions": Key("Over how many sessions volatility is measured."),
}
TRADED = {
    "strategy": Key("How forecasts become positions, within which limits, at what cost.", {"kind": "sign"}),
    **{f"strategy.{name}": key for name, key in SIZING.items()},
    "strategy.horizons": Key("Several horizons that share the account, one strategy each.", [1, 5]),
    "strategy.parts": Key("Several strategies that share the account.", [{"kind": "sign", "weight": 0.5}]),
    **{f"strategy.parts.{name}": key for name, key in SIZING.items()},
    "strategy.parts.weight": Key("How much of the account this part has, beside the others."),
    "strategy.combine": Key(
        "Whether the parts keep their given weights or are weighed by their Sharpe ratios."
    ),
    "strategy.shrinkage": Key('Of combine = "sharpe": how far correlations are drawn to none.'),
    "strategy.turbulent": Key(
        "What takes the place of all positions while the market is turbulent.", {"kind": "sign"}
    ),
    **{f"strategy.turbulent.{name}": key for name, key in SIZING.items()},
    "strategy.turbulent_share": Key("Which share of the positions is kept while the market is turbulent."),
    "strategy.turbulent_above": Key(
        "From which probability of the turbulent state on the market counts as turbulent."
    ),
    "strategy.max_correlation": Key("Names that moved together by more share one position.", 0.8),
    "strategy.correlation_sessions": Key("Over how many sessions correlation is measured."),
    "strategy.yearly_volatility": Key("The volatility of a year that the whole account is scaled to.", 0.12),
    "strategy.limit": Key("The largest weight of one ticker."),
    "strategy.leverage": Key("The most that is held, as a multiple of the account."),
    "strategy.max_drawdown": Key(
        "Positions shrink with the loss from the peak; at this one none is left.", 0.2
    ),
    "strategy.delay": Key("How many sessions later than decided a position is entered."),
    "strategy.cost_bps": Key("What a trade costs, in basis points a side."),
    "strategy.execution": Key(
        "At which price a position is entered after the session whose close decided it."
    ),
    "gate": Key("What a candidate must show on the holdout before it becomes champion.", {"beat": ["zero"]}),
    "gate.claims": Key("Which claims are asked, each by itself; left out, all.", ["level", "range"]),
    "gate.require": Key("Claims without which nobody is promoted.", ["range"]),
    "gate.beat": Key("Baselines that the claim level has to beat.", ["zero", "mean"]),
    "gate.significance": Key("How often luck alone may be taken for skill, for all claims together."),
    "gate.deflated_sharpe": Key("How sure the claim money must be that it was not luck."),
    "gate.overfitting": Key("The highest probability that the search itself overfitted.", 0.5),
    "gate.coverage": Key("Which share of outcomes the intervals have to hold."),
    "gate.coverage_tolerance": Key("How far from that share they may be."),
    "serving": Key("How what is served is kept fresh.", {"refit": 63}),
    "serving.refit": Key("After so many sessions the champion is fitted again; 0: never.", 63),
}
