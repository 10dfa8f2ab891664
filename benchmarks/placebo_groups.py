"""Placebos in groups of ten tickers: a date counts as one, and all questions of a candidate are asked together, on the
same forecasts (see placebos.py)."""

from collections.abc import Iterator

import numpy as np
from placebo_forecasts import HORIZONS, Array, Span, difference_of_scales, draw, span_of
from scipy import stats

from ml_core.claims.judge import pay
from ml_core.claims.kinds.money import influence, influence_gap
from ml_core.evaluation.paired import weigh_means

GROUP, BATCH = 10, 2500
LEVEL, TINY = 0.05, 0.001


def report_groups(returns: dict[str, Array], *, sessions: int, forecasts: int, most: int) -> None:
    rng, groups = np.random.default_rng(1), groups_of(returns, most)
    single: dict[str, list[Array]] = {}
    family: dict[str, list[Array]] = {}
    for number in range(batches := max(1, forecasts // (2 * BATCH))):
        one_RTN, other_RTN = (draw(rng, BATCH, sessions, GROUP) for _ in range(2))
        order_RTN, rank_RTN = ranked(one_RTN), ranked(other_RTN)
        found: dict[str, dict[int, list[Array]]] = {}
        for horizon in HORIZONS:
            for group in groups:
                spans = [span_of(part_T, horizon, sessions, (number + 0.5) / batches) for part_T in group]
                tests = test_group((one_RTN, other_RTN), (order_RTN, rank_RTN), spans, horizon)
                for test, p_R in tests:
                    found.setdefault(test, {h: [] for h in HORIZONS})[horizon].append(p_R)
        for test, table in found.items():  # (groups, horizons, forecasts)
            single.setdefault(test, []).append(np.stack([table[h] for h in HORIZONS], axis=1) < LEVEL)
        for claim, share_N in pay_families(found).items():
            family.setdefault(claim, []).append(share_N)
    print(f"{len(groups)} groups of {GROUP}")
    print("| test | pooled | 1 | 5 | 20 | highest of a group |\n|---|---|---|---|---|---|")
    for test, parts in single.items():
        share_NH = 100 * np.concatenate(parts, axis=2).mean(axis=2)
        ahead = " | ".join(f"{share:.1f}" for share in share_NH.mean(axis=0))
        print(f"| {test} | {share_NH.mean():.1f} | {ahead} | {share_NH.mean(axis=1).max():.1f} |")
    print("\n| falsely proven at any horizon | asked alone | paid for all twelve | highest of a group |")
    print("|---|---|---|---|")
    for claim, parts in family.items():
        share_N2 = 100 * np.mean(parts, axis=0)
        print(
            f"| {claim} | {share_N2[:, 0].mean():.1f} | {share_N2[:, 1].mean():.1f} | {share_N2[:, 1].max():.1f} |"
        )


def groups_of(returns: dict[str, Array], most: int) -> list[list[Array]]:
    """Ten tickers of one file with the same sessions, the ETFs first."""
    alike: dict[tuple[str, int], list[Array]] = {}
    for name in sorted(returns):
        alike.setdefault((name.split(":")[0], len(returns[name])), []).append(returns[name])
    found = [
        part[first : first + GROUP]
        for part in alike.values()
        for first in range(0, len(part) - GROUP + 1, GROUP)
    ]
    return found[: most + 1]


def ranked(values: Array) -> Array:
    """Ranks along the last axis, of mean zero and length one."""
    ranks = values.argsort(axis=-1).argsort(axis=-1) - (values.shape[-1] - 1) / 2
    return ranks / np.sqrt(np.sum(ranks**2, axis=-1, keepdims=True))


def test_group(
    forecasts: tuple[Array, Array], orders: tuple[Array, Array], spans: list[Span], horizon: int
) -> Iterator[tuple[str, Array]]:
    one_RTN, other_RTN = forecasts
    y_TN = np.stack([span.y_T for span in spans], axis=1)
    size_N = y_TN.std(axis=0)
    mean_N = TINY * size_N
    gain_RT = np.einsum("rtn,tn->rt", one_RTN, 2 * mean_N * y_TN) - np.einsum(
        "rtn,n->rt", one_RTN**2, mean_N**2
    )
    yield "level, tiny", weigh(gain_RT, horizon)
    ours_RT, theirs_RT = (np.einsum("rtn,tn->rt", order_RTN, ranked(y_TN)) for order_RTN in orders)
    yield "order, none", weigh(ours_RT, horizon)
    yield "order, alike", weigh(ours_RT - theirs_RT, horizon)
    wider_TN = np.stack([difference_of_scales(span) for span in spans], axis=1)
    crps_RT = np.einsum("rtn,tn->rt", np.sign(one_RTN), wider_TN)
    yield "range, alike", weigh(crps_RT, horizon, persistent=True)
    held_RT, others_RT = (np.einsum("rtn,tn->rt", part_RTN, y_TN) for part_RTN in (one_RTN, other_RTN))
    yield "money, luck", weigh(influence(held_RT, 0.0), horizon)
    yield "money, alike", weigh(influence_gap(held_RT, others_RT), horizon)


def weigh(values_RT: Array, horizon: int, *, persistent: bool = False) -> Array:
    mean_R, error_R, freedom = weigh_means(values_RT, horizon=horizon, persistent=persistent)
    return stats.t.sf(mean_R / error_R, freedom)


def pay_families(found: dict[str, dict[int, list[Array]]]) -> dict[str, Array]:
    """By claim and group: how often it is proven at any horizon, asked alone and after paying for all the others."""
    asked = [test for test in found if not test.endswith("alike") or test.startswith("range")]
    p_NRK = np.stack([np.stack(found[test][h]) for test in asked for h in HORIZONS], axis=-1)
    paid_NRK, step = pay(p_NRK), len(HORIZONS)
    told = {
        test.split(",")[0]: np.stack(
            [
                (part[..., place : place + step] < LEVEL).any(axis=-1).mean(axis=1)
                for part in (p_NRK, paid_NRK)
            ],
            axis=1,
        )
        for place, test in zip(range(0, len(asked) * step, step), asked, strict=True)
    }
    told["any claim"] = np.stack(
        [(part < LEVEL).any(axis=-1).mean(axis=1) for part in (p_NRK, paid_NRK)], axis=1
    )
    return told
