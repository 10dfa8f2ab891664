"""Which test of a mean over overlapping dates holds 5 %, and which of those that do sees the most?

Each is asked of the same series on the real returns of a folder (placebo_forecasts.py): `forecast` is a skilless
forecast times the outcome, what the squared error of a small mean differs by; `scale` a difference of two scales' CRPS,
drawn so that neither is better. Size: the share called above zero. Power: the share where a forecast has some skill, or
the rival's scale errs by 18 % where ours errs by 10 %. `fair` is the power at the critical value that passes exactly
5 % of that test's own placebos.

    python benchmarks/mean_tests.py --files FOLDER [--sessions 252] [--draws 300] [--every 20] [--persistence 0.99]
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from placebo_forecasts import HORIZONS, PERSISTENCE, Span, read_returns, span_of
from scipy import stats
from scipy.signal import lfilter

from ml_core.evaluation.bootstrap import block_length, resample_weights
from ml_core.evaluation.metrics import normal_crps
from ml_core.evaluation.paired import cosines, count_cosines
from ml_core.evaluation.significance import bandwidth

LEVEL = 0.05

Array = np.ndarray
Scores = dict[str, list[Array]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--sessions", type=int, default=252)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--persistence", type=float, nargs="+", default=PERSISTENCE)
    asked = parser.parse_args()
    returns = read_returns(asked.files, least=2 * asked.sessions + 100)
    chosen = sorted(returns)[:: asked.every]
    print(f"{len(chosen)} series, {asked.sessions} sessions, {asked.draws} draws each")
    print("| series | persistence | ahead | test | size | power | fair |\n|---|---|---|---|---|---|---|")
    for kind in ("forecast", "scale"):
        for persistence in asked.persistence:
            for horizon in HORIZONS:
                rng = np.random.default_rng(3)
                placebo: Scores = {}
                planted: Scores = {}
                for name in chosen:
                    span = span_of(returns[name], horizon, asked.sessions, rng.uniform(0, 0.99))
                    pair = make_series(kind, rng, span, persistence, horizon, asked.draws)
                    for found, values_RT in zip((placebo, planted), pair, strict=True):
                        for test, ratio_R in ask_all(values_RT, horizon, persistent=kind == "scale"):
                            found.setdefault(test, []).append(ratio_R)
                for test in placebo:
                    null, real = (np.concatenate(found[test]) for found in (placebo, planted))
                    told = (
                        np.mean(null > 1),
                        np.mean(real > 1),
                        np.mean(real > np.quantile(null, 1 - LEVEL)),
                    )
                    cells = " | ".join(f"{100 * share:.1f}" for share in told)
                    print(f"| {kind} | {persistence} | {horizon} | {test} | {cells} |", flush=True)


def make_series(
    kind: str, rng: np.random.Generator, span: Span, persistence: float, horizon: int, draws: int
) -> tuple[Array, Array]:
    """The same draws without an edge and with one."""
    one_RT, other_RT = (walk(rng, draws, len(span.y_T), persistence) for _ in range(2))
    if kind == "forecast":
        lasts = max(horizon, (1 + persistence) / (1 - persistence) / 2)
        edge = 1.8 * span.y_T.std() * np.sqrt(min(lasts, horizon) / len(span.y_T))
        return one_RT * span.y_T, one_RT * (span.y_T + edge * one_RT)
    scale_RT = [span.scale_T * np.exp(0.1 * part_RT) for part_RT in (one_RT, other_RT)]
    ours_RT, theirs_RT = (normal_crps(span.y_T, part_RT) for part_RT in scale_RT)
    worse_RT = normal_crps(span.y_T, span.scale_T * np.exp(0.18 * other_RT))
    return theirs_RT - ours_RT, worse_RT - ours_RT


def walk(rng: np.random.Generator, draws: int, sessions: int, persistence: float) -> Array:
    noise_RT = rng.standard_normal((draws, sessions + 150))
    walked_RT = lfilter([np.sqrt(1 - persistence**2)], [1, -persistence], noise_RT, axis=1)
    return np.asarray(walked_RT)[:, 150:]


def ask_all(values_RT: Array, horizon: int, *, persistent: bool) -> Iterator[tuple[str, Array]]:
    """Each test's statistic as a share of its critical value."""
    count = values_RT.shape[1]
    lags = bandwidth(count, horizon)
    newey_R = t_ratio(values_RT, newey_west(values_RT, lags))
    small = np.sqrt((count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count)
    yield "Newey-West, t(n - 1)", newey_R * small / stats.t.ppf(1 - LEVEL, count - 1)
    yield "Newey-West, fixed b", newey_R / fixed_b((lags + 1) / count)
    for name, number in {
        "EWC, 0.41 n^(2/3)": int(0.41 * count ** (2 / 3)),
        "EWC, ours": count_cosines(count, horizon, persistent=persistent),
    }.items():
        variance_R = np.mean((values_RT @ cosines(count, number)) ** 2, axis=1)
        yield name, t_ratio(values_RT, variance_R) / stats.t.ppf(1 - LEVEL, number)
    weight_K = falling(round(1.4 * count_cosines(count, horizon, persistent=persistent)))
    variance_R = (values_RT @ cosines(count, len(weight_K))) ** 2 @ weight_K
    yield "EWC, falling", t_ratio(values_RT, variance_R) / stats.t.ppf(1 - LEVEL, 1 / np.sum(weight_K**2))
    blocks_RK = np.stack([part.mean(axis=1) for part in np.array_split(values_RT, 8, axis=1)], axis=1)
    spread_R = blocks_RK.std(axis=1, ddof=1) / np.sqrt(8)
    yield "eight blocks, t(7)", blocks_RK.mean(axis=1) / spread_R / stats.t.ppf(1 - LEVEL, 7)
    yield "block bootstrap", bootstrap(values_RT, horizon)


def t_ratio(values_RT: Array, variance_R: Array) -> Array:
    return values_RT.mean(axis=1) / np.sqrt(variance_R / values_RT.shape[1])


def falling(number: int) -> Array:
    """Weights of so many cosines by a parabola, the quadratic spectral kernel: the slowest counts most. They amount to
    one over the sum of their squares."""
    weight_K = 1 - (np.arange(1, number + 1) / (number + 1)) ** 2
    return weight_K / weight_K.sum()


def newey_west(values_RT: Array, lags: int) -> Array:
    centred_RT = values_RT - values_RT.mean(axis=1, keepdims=True)
    spectrum = np.abs(np.fft.rfft(centred_RT, 2 * values_RT.shape[1], axis=1)) ** 2
    covariance_RT = np.fft.irfft(spectrum, axis=1)[:, : lags + 1] / values_RT.shape[1]
    weights_T = np.where(np.arange(lags + 1) == 0, 1.0, 2 * (1 - np.arange(lags + 1) / (lags + 1)))
    return np.maximum(covariance_RT @ weights_T, 1e-300)


def fixed_b(share: float) -> float:
    """The critical value of Kiefer and Vogelsang (2005) for the Bartlett kernel at 5 %, one side."""
    return 1.6449 + 2.1859 * share + 0.3142 * share**2 - 0.3427 * share**3


def bootstrap(values_RT: Array, horizon: int) -> Array:
    """The mean as a share of what 95 % of resampled blocks, their mean taken out, stay below."""
    count = values_RT.shape[1]
    weights = resample_weights(count, seed=0, block=block_length(count, horizon), resamples=400) / count
    centred_RT = values_RT - values_RT.mean(axis=1, keepdims=True)
    return values_RT.mean(axis=1) / np.quantile(centred_RT @ weights.T, 1 - LEVEL, axis=1)


if __name__ == "__main__":
    main()
