"""The only loop: a spec, windows and a split in; a network that has learned, epoch by epoch, out."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from ml_core.errors import NotEnoughData, TrainingDiverged
from ml_core.evaluation.metrics import find_metric
from ml_core.experiment import RunSpec
from ml_core.features.scaling import fit_scaler
from ml_core.features.selection import select_features
from ml_core.features.table import chosen_names
from ml_core.layout import lay_out
from ml_core.member import NetworkMember
from ml_core.models.family import Supervise, complete, config_class
from ml_core.models.head import ForecastNetwork
from ml_core.regimes import learn_regimes, with_regimes
from ml_core.splits import Span, Split
from ml_core.threads import one_thread
from ml_core.training.losses import find_loss
from ml_core.training.tiling import tiles
from ml_core.training.validation import score_of, skill_of
from ml_core.windows import Windows

HOPELESS = 1e6  # times the squared error of zero: the weights blew up in the last step of an epoch
MICRO_BATCH = 64  # gradients of a batch are summed over pieces that fit the cache


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training windows gave. A higher score is better; `skill` is 1 - loss / loss of zero."""

    number: int
    loss: float
    score: float
    skill: float


class Fitting:
    """One network on its way. `epochs` trains it; `member` is the network of its best epoch."""

    def __init__(
        self,
        spec: RunSpec,
        windows: Windows,
        split: Split,
        *,
        objective: str = "ic",
        supervise: Supervise | None = None,
    ) -> None:
        self.spec = spec.model_copy(update={"model": complete(spec.model)})
        self.split, self.metric = split, find_metric(objective)
        asked = chosen_names(spec.features)
        self.regimes = learn_regimes(windows, split.train, asked)
        self.windows = windows = with_regimes(windows, self.regimes, asked)
        self.features = choose_features(spec, windows, split.train)
        task = spec.task
        self.layout = lay_out(windows, self.features, layout=task.layout, lookback=task.lookback)
        supervise = supervise or config_class(spec.model.family).supervises
        self.width = max(1, task.lookback // 2) if supervise == "every_step" else 1
        self.learn_ST = self.layout.usable_ST & windows.rows(split.train)
        if not (self.learn_ST[:, :, None] & np.isfinite(self.layout.y_STO.numpy())).any():
            raise NotEnoughData(
                f"no training window between {split.train.start} and {split.train.end}: "
                f"a look-back of {task.lookback} and horizon {task.horizons[-1]} leave none"
            )
        self.scaler = fit_scaler(self.layout.x_STF.numpy(), self.learn_ST, spec.features.scaling)
        self._rng = np.random.default_rng([spec.seed, split.fold])
        self._torch_state = torch.Generator().manual_seed(1_000_003 * spec.seed + split.fold).get_state()
        with self._own_randomness():
            self.network = ForecastNetwork(
                self.spec.model, inputs=self.layout.inputs, outputs=self.layout.outputs
            ).to(spec.training.device)
        self._best = copy.deepcopy(self.network.state_dict())

    def epochs(self, limit: int | None = None) -> Iterator[Epoch]:
        """Train until the epochs are over or the score has not risen for `patience` of them."""
        training = self.spec.training
        total = limit or training.epochs
        optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=training.learning_rate,
            weight_decay=training.weight_decay,
            fused=True,
        )
        count = len(tiles(self.learn_ST, self.layout.usable_ST, self.width, 0))
        per_epoch = math.ceil(min(count, training.windows or count) / training.batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _warm_cosine(total * per_epoch))
        best, waited = -math.inf, 0
        for number in range(1, total + 1):
            with self._own_randomness():
                loss = self._train_once(optimizer, schedule)
            with one_thread():
                score, skill = self._validate()
            if score > best:
                best, waited = score, 0
                self._best = copy.deepcopy(self.network.state_dict())
            else:
                waited += 1
            yield Epoch(number, loss, score, skill)
            if waited >= training.patience:
                return

    def member(self) -> NetworkMember:
        network = copy.deepcopy(self.network)
        network.load_state_dict(self._best)
        return NetworkMember(network.to("cpu").eval(), self.scaler)

    def _train_once(
        self, optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler
    ) -> float:
        training, total, count = self.spec.training, 0.0, 0
        phase = int(self._rng.integers(self.width))
        places = tiles(self.learn_ST, self.layout.usable_ST, self.width, phase)
        self.network.train()
        drawn = torch.from_numpy(self._rng.permutation(places)[: training.windows])
        for batch in drawn.split(training.batch):
            optimizer.zero_grad()
            known = sum(int(self._targets(*piece.unbind(1))[1].sum()) for piece in batch.split(MICRO_BATCH))
            for piece in batch.split(MICRO_BATCH):
                loss = self._loss(*piece.unbind(1)) / max(known, 1)
                loss.backward()
                total += float(loss.detach()) * known
            if not math.isfinite(total):
                raise self._diverged()
            count += known
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), training.clip)
            optimizer.step()
            schedule.step()
        return total / max(count, 1)

    def _loss(self, series_B: torch.Tensor, end_B: torch.Tensor) -> torch.Tensor:
        """The summed loss over the known targets of the windows' supervised steps."""
        device = self.spec.training.device
        y_BWO, known_BWO = self._targets(series_B, end_B)
        x_BLF = self.layout.inputs_of(
            series_B, self.layout.steps(end_B, self.spec.task.lookback), self.scaler
        ).to(device, non_blocking=True)
        half = self.spec.training.precision == "bfloat16"
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
            mean_BLO, scale_BLO = self.network(x_BLF)
        mean, scale = mean_BLO[:, -self.width :].float(), scale_BLO[:, -self.width :].float()
        each = find_loss(self.spec.training.loss)(mean, scale, y_BWO.nan_to_num(0.0).to(device))
        return (each * known_BWO.to(device)).sum()

    def _targets(self, series_B: torch.Tensor, end_B: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        steps_BW = self.layout.steps(end_B, self.width)
        y_BWO = self.layout.y_STO[series_B[:, None], steps_BW]
        learn_BW = torch.from_numpy(self.learn_ST)[series_B[:, None], steps_BW]
        return y_BWO, y_BWO.isfinite() & learn_BW[:, :, None]

    def _validate(self) -> tuple[float, float]:
        """Objective and skill on the validation dates, from dense passes over them."""
        watch_T = self.windows.rows(self.split.validation)
        mean_NTH = self.layout.per_ticker(self._dense(self.layout.usable_ST & watch_T))
        rows_NT = self.windows.usable(self.spec.task.lookback) & watch_T
        skill = skill_of(self.windows, rows_NT, mean_NTH)
        if not np.isfinite(mean_NTH[rows_NT]).all() or skill < -HOPELESS:
            raise self._diverged()
        return score_of(self.windows, rows_NT, mean_NTH, self.metric), skill

    def _diverged(self) -> TrainingDiverged:
        family, rate = self.spec.model.family, self.spec.training.learning_rate
        return TrainingDiverged(f"{family}: the loss became non-finite at learning rate {rate}")

    def _dense(self, rows_ST: np.ndarray) -> np.ndarray:
        """Means for every asked row from the supervised part of few windows: cheap, close to what is served."""
        mean_STO = np.full((*rows_ST.shape, self.layout.outputs), np.nan, dtype=np.float32)
        places = torch.from_numpy(tiles(rows_ST, self.layout.usable_ST, self.width, 0))
        self.network.eval()
        with torch.inference_mode():
            for series_B, end_B in (batch.unbind(1) for batch in places.split(256)):
                steps_BL = self.layout.steps(end_B, self.spec.task.lookback)
                x_BLF = self.layout.inputs_of(series_B, steps_BL, self.scaler)
                mean_BLO, _ = self.network(x_BLF.to(self.spec.training.device))
                mean_STO[series_B[:, None], steps_BL[:, -self.width :]] = (
                    mean_BLO[:, -self.width :].cpu().numpy()
                )
        return mean_STO

    @contextlib.contextmanager
    def _own_randomness(self) -> Iterator[None]:
        """Draw from this fitting's own stream, so that fits trained side by side equal fits trained alone."""
        with one_thread(), torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._torch_state)
            yield
            self._torch_state = torch.get_rng_state()


def choose_features(spec: RunSpec, windows: Windows, train: Span) -> tuple[str, ...]:
    """All features of the panel, or the `select` best of them on training dates."""
    if spec.features.select is None or spec.features.select >= len(windows.names):
        return windows.names
    rows_NT = windows.usable(spec.task.lookback) & windows.rows(train)
    x_NTF = windows.inputs(windows.names)
    chosen = select_features(x_NTF, windows.y_NTH[:, :, 0], rows_NT, count=spec.features.select)
    return tuple(windows.names[place] for place in chosen)


def _warm_cosine(steps: int) -> Callable[[int], float]:
    """The learning rate's factor: up over a tenth of the steps, then down along a cosine to a twentieth."""
    warm = max(1, steps // 10)

    def rate(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))

    return rate
