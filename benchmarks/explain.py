"""Whether explanations find what was planted, and what they cost: the tables of docs/explain.md.

    python benchmarks/explain.py [--families lstm,ridge] [--sessions 1000]

Two markets. In one a night's gap moves the price so many sessions later (`delay`), so that what is planted is an input
at one lag; in the other the gap times the unusual volume moves it at once. Of each family: the share of attribution,
without regard to sign, that falls on planted inputs and, where it sees a window, on the planted lag; what chance would
give; and how far the forecast is moved by taking away the cells that it is said to rest on most, one after the other
(the cumulative prediction difference), beside gradient times input and chance. Then the cost of explaining 500 tickers,
24 features and 60 lags, beside one forward pass of them, and how far its four points lie from many. The clock is this
process's CPU time.
"""

import argparse
import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.explain.attribution import attribute_all
from ml_core.explain.shares.gradients import integrate
from ml_core.explain.subject import Scene, open_scene
from ml_core.features.table import build_features
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.networks import NetworkMember
from ml_core.models.family import FAMILIES, complete
from ml_core.models.head import ForecastNetwork
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import build_windows
from ml_core.spec import choices
from ml_core.spec.experiment import Model, Reading, RunSpec, Task, Training
from ml_core.training.fit import fit

NOW = dt.datetime(2026, 1, 2, 22, tzinfo=dt.UTC)
TICKERS = tuple(f"T{number:02d}" for number in range(16))
GAP, VOLUME = ("overnight", "gap_shock"), ("volume_shock", "volume_surprise_20")
OTHERS = ("momentum_5", "volatility_20", "streak", "skew_20")
FEATURES = (*GAP, *VOLUME, *OTHERS)
FEW, CLOSELY = 24, 3e-4
LOOKBACK, DELAY, DAYS, REMOVED = 12, 4, 12, 12
MARKETS = {
    "gap, 3 back": ({"signal": "linear", "delay": DELAY}, GAP, DELAY - 1),
    "gap x volume": ({"signal": "nonlinear"}, (*GAP, *VOLUME), 0),
}
NETWORKS = tuple(choices.names(FAMILIES))
WINDOWS, STEPS, INPUTS, LESSONS = 500, 60, 24, 60
PEERS = ("lstm", "tcn")
LEARNERS = (*NETWORKS, "ridge", "hist_gradient_boosting")


def learn(family: str, options: dict, sessions: int) -> tuple[Forecaster, list[Scene]]:
    """Fitted on the first two thirds of a market; some later sessions, each with what was known by then."""
    config = simulated.Config.model_validate({"seed": 5, "sessions": sessions, "ic": 0.4, **options})
    prices = adjust(simulated.fetch(Request(TICKERS, {}, "XNYS", None, None, NOW), config).bars)
    task = Task(horizons=(1,))
    windows = build_windows(prices, build_features(prices, FEATURES), task)
    days = windows.usable_sessions(LOOKBACK)
    edges = [int(len(days) * share) for share in (0.6, 0.75)]
    split = Split(
        0,
        Span(days[0], days[edges[0]]),
        Span(days[edges[0] + 5], days[edges[1]]),
        Span(days[edges[1] + 5], days[-1]),
    )
    spec = RunSpec(
        task=task,
        reading=Reading.model_validate(
            {"lookback": LOOKBACK, "features": {"names": FEATURES, "select": "all"}}
        ),
        model=Model(family=family),
        training=Training(epochs=16, batch=64, patience=4),
    )
    forecaster = fit(spec, windows, split)
    asked = days[edges[1] + 5 :][:: max(1, (len(days) - edges[1]) // DAYS)][:DAYS]
    return forecaster, [open_scene(forecaster, prices, as_of=day) for day in asked]


def planted_share(scenes: list[Scene], planted: tuple[str, ...], lag: int) -> tuple[float, float, float]:
    """On planted inputs; on them at the planted lag; and on that by chance."""
    on_inputs, on_cells, whole, cells = 0.0, 0.0, 1e-12, 1
    for scene in scenes:
        for one in attribute_all(scene, 1):
            size_LF = np.abs(one.share_LF)
            columns = [one.names.index(name) for name in planted]
            whole += size_LF.sum()
            on_inputs += size_LF[:, columns].sum()
            on_cells += size_LF[lag, columns].sum() if lag < len(size_LF) else 0.0
            cells = size_LF.size
    return on_inputs / whole, on_cells / whole, len(planted) / cells


def removal(scenes: list[Scene]) -> dict[str, float]:
    """How far the mean moves, in units of volatility, while the first cells are taken away, by who named them."""
    moved: dict[str, list[float]] = {}
    rng = np.random.default_rng(0)
    for scene in scenes[:6]:
        (view,), (member,) = scene.views, scene.forecaster.members
        assert isinstance(member, NetworkMember)
        network = member.network.eval()
        place = torch.arange(len(scene.windows.tickers))
        x_RLF = view.layout.inputs_of(
            place,
            torch.full_like(place, len(scene.windows.sessions) - 1),
            lookback=LOOKBACK,
            scaler=member.scaler,
        )
        output_R = torch.zeros(len(place), dtype=torch.long)
        leading = x_RLF.clone().requires_grad_()
        (slope_RLF,) = torch.autograd.grad(network(leading, last=1)[0].sum(), leading)
        orders = {
            "ours": integrate(network, x_RLF, output_R, scale=False)[2],
            "gradient x input": (slope_RLF * x_RLF).numpy(),
            "chance": rng.random(x_RLF.shape),
        }
        for who, share_RLF in orders.items():
            order_RX = np.argsort(-np.abs(share_RLF).reshape(len(x_RLF), -1), axis=1)[:, :REMOVED]
            moved.setdefault(who, []).append(_taken_away(network, x_RLF, order_RX))
    return {who: float(np.mean(values)) for who, values in moved.items()}


def _taken_away(network: ForecastNetwork, x_RLF: torch.Tensor, order_RX: np.ndarray) -> float:
    """The sum of the moves: what goes up and comes down again does not cancel."""
    with torch.inference_mode():
        left_RX = x_RLF.clone().flatten(1)
        said_R, total_R = network(x_RLF, last=1)[0][:, 0, 0], torch.zeros(len(x_RLF))
        for column_R in torch.from_numpy(order_RX).unbind(1):
            left_RX.scatter_(1, column_R[:, None], 0.0)
            now_R = network(left_RX.view_as(x_RLF), last=1)[0][:, 0, 0]
            total_R += (now_R - said_R).abs()
            said_R = now_R
    return float(total_R.mean())


def least(work: Callable[[], object], rounds: int = 3) -> float:
    """CPU seconds of the quickest of several."""
    taken = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)


def lessons(family: str) -> ForecastNetwork:
    """A network that learned something from drawn windows: a sum of inputs and a product of two."""
    torch.manual_seed(0)
    network = ForecastNetwork(complete(Model(family=family)), inputs=INPUTS, outputs=2)
    steps, weight_F = torch.optim.Adam(network.parameters(), lr=1e-3), torch.randn(INPUTS)
    for _ in range(LESSONS):
        x_BLF = torch.randn(64, STEPS, INPUTS)
        y_B = 0.3 * (0.3 * x_BLF[:, -1] @ weight_F + 0.5 * x_BLF[:, -3, 0] * x_BLF[:, -1, 1]).tanh()
        mean_BLO, scale_BLO = network(x_BLF, last=1)
        loss = (mean_BLO[:, 0] - y_B[:, None]).square().mean() + (scale_BLO[:, 0] - 1).square().mean()
        steps.zero_grad()
        loss.backward()
        steps.step()
    return network.eval().requires_grad_(False)


def speed(family: str) -> tuple[float, float, float, float]:
    """Seconds of one forward pass of 500 x 60 x 24; how many times that an explanation takes; how far its shares miss
    their sum; and how far those of inputs lie from what they are with many points, as a part of all that is shared."""
    network = lessons(family)
    x_RLF, output_R = torch.randn(WINDOWS, STEPS, INPUTS), torch.zeros(WINDOWS, dtype=torch.long)

    def forward() -> None:
        with torch.inference_mode():
            for x_BLF in x_RLF.split(64):
                network(x_BLF, last=1)

    once = least(forward)
    taken = least(lambda: integrate(network, x_RLF, output_R, scale=False))
    value_R, base_R, share_RLF = integrate(network, x_RLF, output_R, scale=False)
    missed = float(np.abs(value_R - base_R - share_RLF.sum(axis=(1, 2))).max())
    close_RF = integrate(network, x_RLF[:FEW], output_R[:FEW], scale=False, missed=CLOSELY)[2].sum(axis=1)
    off = np.abs(share_RLF[:FEW].sum(axis=1) - close_RF).sum() / np.abs(close_RF).sum()
    return once, taken / once, missed, float(off)


def beside_peers(family: str) -> list[tuple[str, float, float]]:
    """Of 32 windows of 60 x 24: by whom they are explained, in how many CPU milliseconds a window, and how far the sum
    of the shares lies from what it has to be, at most."""
    import shap
    from captum.attr import IntegratedGradients

    network = lessons(family)
    x_RLF, output_R = torch.randn(32, STEPS, INPUTS), torch.zeros(32, dtype=torch.long)

    class Last(torch.nn.Module):
        def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
            return network(x_BLF, last=1)[0][:, 0, :1]

    whole_R = (Last()(x_RLF) - Last()(torch.zeros_like(x_RLF)))[:, 0].numpy()
    average: Any = torch.zeros_like(x_RLF[:1])
    expected = shap.GradientExplainer(Last(), average)
    ways: dict[str, Callable[[], np.ndarray]] = {
        "ours": lambda: integrate(network, x_RLF, output_R, scale=False)[2],
        "captum, 50 steps": lambda: IntegratedGradients(Last()).attribute(x_RLF, n_steps=50).numpy(),
        "shap, 200 samples": lambda: np.asarray(expected.shap_values(x_RLF, nsamples=200, rseed=0)),
    }
    return [
        (
            who,
            1e3 * least(lambda way=way: way(), 2) / len(x_RLF),
            float(np.abs(way().reshape(len(x_RLF), -1).sum(axis=1) - whole_R).max()),
        )
        for who, way in ways.items()
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--families", default=",".join(LEARNERS))
    options.add_argument("--sessions", type=int, default=1000)
    asked = options.parse_args()
    torch.set_num_threads(1)
    families = asked.families.split(",")
    print(
        "| market | family | on planted inputs | on them at the planted lag | by chance "
        "| removal: ours | gradient x input | chance |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for market, (given, planted, lag) in MARKETS.items():
        for family in families:
            if lag and family not in NETWORKS:
                continue  # it sees the last session alone
            _, scenes = learn(family, given, asked.sessions)
            inputs, cells, chance = planted_share(scenes, planted, lag)
            told = removal(scenes) if family in NETWORKS else {}
            moved = " | ".join(
                f"{told[who]:.3f}" if told else "" for who in ("ours", "gradient x input", "chance")
            )
            print(
                f"| {market} | {family} | {inputs:.0%} | {cells:.0%} | {chance:.0%} | {moved} |", flush=True
            )
    print(
        "\n| family | one forward pass, CPU ms | an explanation, forward passes | shares miss their sum by at most "
        "| from what many points find |\n|---|--:|--:|--:|--:|"
    )
    for family in [one for one in families if one in NETWORKS]:
        once, times, missed, off = speed(family)
        print(f"| {family} | {1e3 * once:.0f} | {times:.1f} | {missed:.0e} | {off:.1%} |", flush=True)
    print("\n| family | by whom | CPU ms a window | shares miss their sum by at most |\n|---|---|--:|--:|")
    for family in [one for one in families if one in PEERS]:
        for who, taken, missed in beside_peers(family):
            print(f"| {family} | {who} | {taken:.1f} | {missed:.1g} |", flush=True)


if __name__ == "__main__":
    main()
