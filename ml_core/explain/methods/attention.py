"""What the model looked at: the attention of the last step over the window, of all members that attend, and how much
each input counts where a member chooses among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_core.explain.attribution import ForecastPart
from ml_core.explain.method import Method
from ml_core.explain.subject import Subject
from ml_core.forecaster.members import Member, View


@dataclass(frozen=True)
class Attention:
    """`by_lag`: how much of its attention the last step gives each session, the last one first, in sum one; `least` and
    `most` of all members, so that one sees whether they agree. `by_input`: the same of inputs; empty where no member
    chooses among them. `members`: how many attend. `even`: what each session would get if none counted more than
    another."""

    by_lag: tuple[float, ...]
    least: tuple[float, ...]
    most: tuple[float, ...]
    by_input: dict[str, float]
    members: int
    even: tuple[float, ...]


def weights_of(member: Member, view: View, subject: Subject) -> tuple[np.ndarray | None, np.ndarray | None]:
    """weight_L of the window's sessions, in their order, and weight_F of its inputs at the last of them; none of what
    the member does not have."""
    import torch  # only where a network is asked: a server of others holds none

    from ml_core.forecaster.networks import NetworkMember
    from ml_core.forecaster.threads import one_thread

    if not isinstance(member, NetworkMember):
        return None, None
    layout, encoder = view.layout, member.network.encoder.eval()
    series = torch.tensor([0 if layout.joint else subject.place])
    end = torch.tensor([len(view.windows.sessions) - 1])
    with one_thread(), torch.inference_mode():
        x_BLF = layout.inputs_of(series, end, lookback=view.reading.lookback, scaler=member.scaler)
        map_BLL, chosen_BLF = encoder.attention(x_BLF), encoder.variable_weights(x_BLF)
    weight_L = None if map_BLL is None else map_BLL[0, -1].double().numpy()
    weight_F = None if chosen_BLF is None else chosen_BLF[0, -1].double().numpy()
    if weight_F is not None and layout.joint:
        weight_F = weight_F.reshape(layout.tickers, -1).sum(axis=0)
    return weight_L, weight_F


def _found(subject: Subject) -> list[tuple[View, np.ndarray | None, np.ndarray | None]]:
    scene = subject.scene
    return [
        (view, *weights_of(member, view, subject))
        for view, component in zip(scene.views, scene.forecaster.components, strict=True)
        for member in component.members
    ]


def excuse(subject: Subject) -> str:
    if any(weight_L is not None for _, weight_L, _ in _found(subject)):
        return ""
    families = " and ".join(
        dict.fromkeys(one.spec.model.family for one in subject.scene.forecaster.components)
    )
    return f"{families} does not attend: it has no weights over sessions to show"


def explain(subject: Subject, _of: ForecastPart = "level") -> Attention:
    weights = _found(subject)
    maps = [weight_L[::-1] for _, weight_L, _ in weights if weight_L is not None]
    lags = max(map(len, maps))
    weight_ML = np.array([np.pad(one, (0, lags - len(one))) for one in maps])
    even_ML = np.array([(np.arange(lags) < len(one)) / len(one) for one in maps])
    chosen = [(view.features, weight_F) for view, _, weight_F in weights if weight_F is not None]
    by_input: dict[str, float] = {}
    for features, weight_F in chosen:
        for name, weight in zip(features, weight_F.tolist(), strict=True):
            by_input[name] = by_input.get(name, 0.0) + weight / len(chosen)
    return Attention(
        tuple(weight_ML.mean(axis=0).tolist()),
        tuple(weight_ML.min(axis=0).tolist()),
        tuple(weight_ML.max(axis=0).tolist()),
        dict(sorted(by_input.items(), key=lambda one: -one[1])),
        len(maps),
        tuple(even_ML.mean(axis=0).tolist()),
    )


METHOD = Method(
    about="how much of its attention the model gives each session of the window",
    excuse=excuse,
    explain=explain,
)
