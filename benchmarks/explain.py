"""Whether explanations find what was planted, beside what shap finds and costs: the tables of docs/explain.md.

    python benchmarks/explain.py [--families lstm,ridge] [--sessions 1000]

Two markets. In one a night's gap moves the price so many sessions later (`delay`), so that what is planted is an input
at one lag; in the other the gap times the unusual volume moves it at once. Of each family: the share of attribution,
without regard to sign, that falls on planted inputs and, where it sees a window, on the planted lag, by ours and by
shap; what chance would give; how far both lie apart; and what they cost. Then how far the forecast is moved by taking
away the cells that it is said to rest on most, one after the other (the cumulative prediction difference), beside
gradient times input and chance. The clock is this process's CPU time, of one thread.
"""

import argparse
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

import explain_shap
import numpy as np
import torch

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.explain.sharing import Question, share
from ml_core.explain.subject import Scene, open_scene
from ml_core.features.table import build_features
from ml_core.forecaster.members import Member
from ml_core.forecaster.networks import NetworkMember
from ml_core.models.family import FAMILIES
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
LOOKBACK, DELAY, DAYS, REMOVED = 12, 4, 12, 12
MARKETS = {
    "gap, 3 back": ({"signal": "linear", "delay": DELAY}, GAP, DELAY - 1),
    "gap x volume": ({"signal": "nonlinear"}, (*GAP, *VOLUME), 0),
}
NETWORKS = tuple(choices.names(FAMILIES))
LEARNERS = (*NETWORKS, "ridge", "hist_gradient_boosting")
SHARES = (
    "market",
    "family",
    "on planted inputs: ours",
    "shap",
    "on them at the planted lag: ours",
    "shap",
    "chance",
    "apart",
    "CPU ms a forecast: ours",
    "shap",
)


@dataclass(frozen=True)
class Asked:
    """The forecasts of one session, of the fitted member that made them."""

    member: Member
    question: Question

    @classmethod
    def of(cls, scene: Scene) -> "Asked":
        (view,), (member,) = scene.views, scene.forecaster.members
        rows_NT = scene.usable_NT.copy()
        rows_NT[:, :-1] = False
        return cls(member, Question(view, rows_NT, 0, "mean", scene.usable_NT))


@dataclass(frozen=True)
class Found:
    """What one way gives to each cell of all asked forecasts, share_RLF, and its CPU seconds a forecast."""

    share_RLF: np.ndarray
    seconds: float

    def on(self, columns: list[int], lag: int | None = None) -> float:
        """The part of it that falls on these inputs, at one lag or at all, without regard to sign."""
        size_RLF = np.abs(self.share_RLF)
        part_RLF = size_RLF if lag is None else size_RLF[:, lag : lag + 1]
        return float(part_RLF[:, :, columns].sum() / size_RLF.sum())


def learn(family: str, options: dict, sessions: int) -> list[Asked]:
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
    return [Asked.of(open_scene(forecaster, prices, as_of=day)) for day in asked]


def find(asked: list[Asked], way: Callable[[Member, Question], np.ndarray]) -> Found:
    begin = time.process_time()
    share_RLF = np.concatenate([way(one.member, one.question) for one in asked])
    return Found(share_RLF, (time.process_time() - begin) / len(share_RLF))


def ours(member: Member, question: Question) -> np.ndarray:
    return share(member, question).share_RLF


def compare(asked: list[Asked], planted: tuple[str, ...], lag: int) -> list[str]:
    """The cells of a row: ours, then shap's."""
    columns = [asked[0].question.view.features.index(name) for name in planted]
    both = [find(asked, ours), find(asked, explain_shap.share)]
    first, second = (one.share_RLF for one in both)
    lags, features = first.shape[1:]
    return [
        *(f"{one.on(columns):.0%}" for one in both),
        *(f"{one.on(columns, lag):.0%}" for one in both),
        f"{len(columns) / (lags * features):.0%}",
        f"{np.abs(first - second).sum() / np.abs(first).sum():.1%}",
        *(f"{1e3 * one.seconds:.2g}" for one in both),
    ]


def removal(asked: list[Asked]) -> dict[str, float]:
    """How far the mean moves, in units of volatility, while the first cells are taken away, by who named them."""
    moved: dict[str, list[float]] = {}
    rng = np.random.default_rng(0)
    for one in asked[:6]:
        assert isinstance(one.member, NetworkMember)
        network, x_RLF = one.member.network.eval(), explain_shap.inputs_of(one.member, one.question)
        leading = x_RLF.clone().requires_grad_()
        (slope_RLF,) = torch.autograd.grad(network(leading, last=1)[0].sum(), leading)
        orders = {
            "ours": ours(one.member, one.question)[:, ::-1],
            "shap": explain_shap.share(one.member, one.question)[:, ::-1],
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


def print_table(head: tuple[str, ...], rows: list[list[str]]) -> None:
    for cells in (head, ["---", "---", *["--:"] * (len(head) - 2)], *rows):
        print(f"| {' | '.join(cells)} |")
    print(flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--families", default=",".join(LEARNERS))
    options.add_argument("--sessions", type=int, default=1000)
    given = options.parse_args()
    torch.set_num_threads(1)
    shares, removed = [], []
    for market, (signal, planted, lag) in MARKETS.items():
        for family in given.families.split(","):
            if lag and family not in NETWORKS:
                continue  # it sees the last session alone
            asked = learn(family, signal, given.sessions)
            shares.append([market, family, *compare(asked, planted, lag)])
            if family in NETWORKS:
                removed.append([market, family, *(f"{moved:.3f}" for moved in removal(asked).values())])
    print_table(SHARES, shares)
    print_table(("market", "family", "ours", "shap", "gradient x input", "chance"), removed)


if __name__ == "__main__":
    main()
