"""Ridge: exactly. A line adds up by itself: each input adds its slope times how far it is from its training average."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from ml_core.baselines import PanelRows
from ml_core.explain.sharing import Question, Shared, Sharing
from ml_core.features.scaling import Scaler
from ml_core.forecaster.members import BaselineMember, Member

NEEDED = {"slope", "level", *(part.name for part in fields(Scaler))}


def can(member: Member) -> bool:
    return isinstance(member, BaselineMember) and set(member.fitted.learned.arrays) >= NEEDED


def share(member: Member, question: Question) -> Shared:
    assert isinstance(member, BaselineMember)
    learned, view = member.fitted.learned.arrays, question.view
    x_RF = PanelRows(view.windows, question.rows_NT, view.features).x_RF
    if question.part == "scale":
        said_R = np.full(len(x_RF), member.fitted.deviation_H[question.horizon])
        return Shared(view.features, said_R, said_R, np.zeros((len(x_RF), 1, len(view.features))))
    scaler = Scaler(*(learned[part.name] for part in fields(Scaler)))
    share_RF = scaler.scale(x_RF) * learned["slope"][question.horizon]
    base_R = np.full(len(x_RF), learned["level"][question.horizon])
    return Shared(view.features, base_R + share_RF.sum(axis=1), base_R, share_RF[:, None])


SHARING = Sharing(order=2, can=can, share=share)
