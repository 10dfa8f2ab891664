"""Linear in today's features, with a penalty chosen on the validation dates."""

import numpy as np
from sklearn.linear_model import Ridge

from ml_core.features.scaling import CLIP, fit_scaler
from ml_core.splits import Split
from ml_core.windows import Windows

PENALTIES = (1e1, 1e2, 1e3, 1e4, 1e5)


def predict(windows: Windows, split: Split, lookback: int) -> np.ndarray:
    usable_NT = windows.usable(lookback)
    learn_NT = usable_NT & windows.rows(split.train)
    watch_NT = usable_NT & windows.rows(split.validation)
    test_NT = usable_NT & windows.rows(split.test)
    scaler = fit_scaler(windows.x_NTF, learn_NT)

    def inputs(rows_NT: np.ndarray) -> np.ndarray:
        scaled = (windows.x_NTF[rows_NT] - scaler.mean_F) / scaler.deviation_F
        return np.clip(np.nan_to_num(scaled), -CLIP, CLIP)

    mean_NTH = np.zeros_like(windows.y_NTH)
    x_learn, x_watch, x_test = inputs(learn_NT), inputs(watch_NT), inputs(test_NT)
    for column in range(len(windows.horizons)):
        y_learn, y_watch = windows.y_NTH[learn_NT][:, column], windows.y_NTH[watch_NT][:, column]
        known_learn, known_watch = np.isfinite(y_learn), np.isfinite(y_watch)
        fitted = [Ridge(penalty).fit(x_learn[known_learn], y_learn[known_learn]) for penalty in PENALTIES]
        errors = [np.square(y_watch - model.predict(x_watch))[known_watch].mean() for model in fitted]
        if len(x_test):
            mean_NTH[test_NT, column] = fitted[int(np.argmin(errors))].predict(x_test)
    return mean_NTH
