"""Trains a network epoch by epoch and keeps its best. It is the only training loop there is."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import torch

from ml_core.errors import NotEnoughData, TrainingDiverged
from ml_core.evaluation.metrics import find_metric
from ml_core.features.scaling import fit_scaler
from ml_core.forecaster.networks import NetworkMember
from ml_core.models.family import Supervise, complete, config_class, supervised_steps
from ml_core.models.head import ForecastNetwork
from ml_core.panel.layout import lay_out
from ml_core.panel.splits import Split
from ml_core.panel.tiles import tiles
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import RunSpec
from ml_core.training.choice import choose_inputs
from ml_core.training.feed import Feed
from ml_core.training.level import fit_level, set_level
from ml_core.training.losses import find_loss
from ml_core.training.optimizer import Optimizer
from ml_core.training.precision import settle
from ml_core.training.randomness import Randomness
from ml_core.training.state import TrainingState, above, below
from ml_core.training.tiling import Tile, Tiling
from ml_core.training.validation import ValidationView, score_of, skill_of

HOPELESS = 1e6  # times the squared error of zero: the weights blew up in the last step of an epoch
LEVELLED = 512  # windows that the level of a loss without one is found on, after each epoch
LOOKS = 32  # batches between two looks at the loss on a device that would wait for each; a CPU does not


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training windows gave. A higher score is better; `skill` is 1 - loss / loss of zero."""

    number: int
    loss: float
    score: float
    skill: float


class Fitting:
    """One network on its way. `epochs` trains it; `best` is its best epoch so far, `member` the network of it."""

    def __init__(
        self, spec: RunSpec, windows: Windows, split: Split, *, supervise: Supervise | None = None
    ) -> None:
        training = settle(spec.training, spec.model.family)
        self.spec = spec.model_copy(update={"model": complete(spec.model), "training": training})
        self.split, self.metric = split, find_metric(spec.objective)
        self.loss = find_loss(spec.training.loss, tickers=len(windows.tickers))
        self.inputs = choose_inputs(spec, windows, split.train)
        windows = self.inputs.windows
        reading = spec.reading
        self.layout = lay_out(windows, self.inputs.features, layout=reading.layout, lookback=reading.lookback)
        supervise = supervise or config_class(spec.model.family).supervises
        self.width = supervised_steps(supervise, reading.lookback)
        self.learn_ST = self.layout.usable_ST & windows.rows(split.train)
        if not (self.learn_ST[:, :, None] & np.isfinite(self.layout.y_STO.numpy())).any():
            raise NotEnoughData(
                f"no training window between {split.train.start} and {split.train.end}: "
                f"a look-back of {reading.lookback} and horizon {spec.task.horizons[-1]} leave none"
            )
        self.scaler = fit_scaler(self.layout.x_STF.numpy(), self.learn_ST, reading.features.scaling)
        self.watch = ValidationView.over(
            windows, self.layout, split.validation, lookback=reading.lookback, width=self.width
        )
        self.tiling = Tiling(self.learn_ST, self.layout.usable_ST, self.width, self._by_date)
        self.device = torch.device(spec.training.device)
        self.feed = Feed(
            self.layout,
            self.learn_ST,
            self.scaler,
            lookback=reading.lookback,
            width=self.width,
            device=self.device,
        )
        self._random = Randomness(spec.seed, split.fold, self.device)
        with self._random.own():
            self.network = ForecastNetwork(
                self.spec.model,
                inputs=self.layout.inputs,
                outputs=self.layout.outputs,
                tickers=self.layout.tickers if self.layout.joint else 1,
            ).to(self.device)
        self._kept = copy.deepcopy(self.network.state_dict())
        self._optimizer = Optimizer(
            self.network.parameters(),
            training,
            steps=training.epochs * self.tiling.count(batch=training.batch, limit=training.windows),
        )
        self.number = 0
        self.best: Epoch | None = None

    def epochs(self) -> Iterator[Epoch]:
        """Train until the epochs are over or the score has not risen for `patience` of them."""
        training = self.spec.training
        while self.number < training.epochs and self._waited < training.patience:
            with self._random.own():
                loss = self._train_once(self._optimizer)
            with self._random.exact():
                if self.loss.scope == "date":
                    self._set_level()
                score, skill = self._validate()
            self.number += 1
            epoch = Epoch(self.number, loss, score, skill)
            if self.best is None or epoch.score > self.best.score:
                self.best, self._kept = epoch, copy.deepcopy(self.network.state_dict())
            yield epoch

    @property
    def standing(self) -> TrainingState:
        """After the last epoch: its outcome, and what it goes on with."""
        done = self.outcome
        tensors = {
            **done.tensors,
            **above("network.", self.network.state_dict()),
            **above("optimizer.", self._optimizer.tensors),
            **above("stream.", self._random.tensors),
        }
        return TrainingState(
            tensors, {**done.facts, "steps": self._optimizer.taken, "draws": self._random.facts}
        )

    @property
    def outcome(self) -> TrainingState:
        """What it answers with once it has ended. Its optimizer, as large as two networks, is not needed again."""
        best = self.best and asdict(self.best)
        return TrainingState(above("kept.", self._kept), {"number": self.number, "best": best})

    def restore(self, standing: TrainingState) -> None:
        """Go on from there, bit for bit as if it had never stopped; from an outcome there is nothing to go on with."""
        tensors, facts = standing.tensors, standing.facts
        self._kept = below("kept.", tensors)
        self.number, self.best = facts["number"], facts["best"] and Epoch(**facts["best"])
        if "steps" in facts:
            self.network.load_state_dict(below("network.", tensors))
            self._optimizer.restore(below("optimizer.", tensors), facts["steps"])
            self._random.restore(below("stream.", tensors), facts["draws"])

    @property
    def _waited(self) -> int:
        """Epochs since the best one."""
        return self.number - self.best.number if self.best else self.number

    def member(self, *, steps: int = 1) -> NetworkMember:
        """The network of the best epoch, which answers so many rows in one pass over a window."""
        network = copy.deepcopy(self.network)
        network.load_state_dict(self._kept)
        return NetworkMember(network.to("cpu").eval(), self.scaler, steps)

    def _train_once(self, optimizer: Optimizer) -> float:
        training = self.spec.training
        batches = self.tiling.draw(self._random.draws, batch=training.batch, limit=training.windows)
        placed = iter(self.feed.place(piece for batch in batches for piece in batch))
        total, count = torch.zeros((2,), dtype=torch.float64, device=self.device)
        every = 1 if self.device.type == "cpu" else LOOKS
        self.network.train()
        for number, batch in enumerate(batches, start=1):
            loss, known = self._step(optimizer, [(piece, next(placed)) for piece in batch])
            total, count = total + loss, count + known
            if (number % every == 0 or number == len(batches)) and not math.isfinite(total):
                raise self._diverged()
        return float(total / count.clamp(min=1))

    def _step(
        self, optimizer: Optimizer, batch: list[tuple[Tile, torch.Tensor]]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One step along the gradient of the batch's mean loss, summed over its pieces; the loss and its count."""
        optimizer.clear()
        y = [self.feed.targets(places_BP) for _, places_BP in batch]
        known = torch.stack([y_BWO.isfinite().sum() for y_BWO in y]).sum()
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for (piece, places_BP), y_BWO in zip(batch, y, strict=True):
            loss = self._loss(piece, places_BP, y_BWO)
            (loss / known.clamp(min=1)).backward()
            total = total + loss.detach()
        optimizer.step()
        return total, known

    def _loss(self, piece: Tile, places_BP: torch.Tensor, y_BWO: torch.Tensor) -> torch.Tensor:
        """The summed loss over the known targets of the windows' supervised steps."""
        half = self.spec.training.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16) if half else contextlib.nullcontext():
            mean, scale = self.network(self.feed.inputs(places_BP), self.width)
        if self.loss.scope == "date":
            units = int(piece[-1, 2]) + 1
            mean, scale, y_BWO = (
                self.feed.cross_sections(part, places_BP, units, fill=fill)
                for part, fill in ((mean, 0.0), (scale, 1.0), (y_BWO, math.nan))
            )
        return self.loss(mean, scale, y_BWO)

    @property
    def _by_date(self) -> bool:
        return self.loss.scope == "date" and not self.layout.joint

    def _validate(self) -> tuple[float, float]:
        """Objective and skill on the validation dates, from dense passes over them."""
        mean_NTH = self.layout.per_ticker(self._dense(self.watch))
        windows, rows_NT = self.watch.windows, self.watch.rows_NT
        skill = skill_of(windows, rows_NT, mean_NTH)
        if not np.isfinite(mean_NTH[rows_NT]).all() or skill < -HOPELESS:
            raise self._diverged()
        return score_of(windows, rows_NT, mean_NTH, self.metric), skill

    def _diverged(self) -> TrainingDiverged:
        family, rate = self.spec.model.family, self.spec.training.learning_rate
        return TrainingDiverged(
            f"{family}: training diverged at learning rate {rate}; a lower training.learning_rate may help"
        )

    def _dense(self, watch: ValidationView) -> np.ndarray:
        """Means for every watched row from the supervised part of few windows: cheap, close to what is served."""
        series, sessions = self.learn_ST.shape[0], len(watch.windows.sessions)
        mean_STO = torch.full((series, watch.width + sessions, self.layout.outputs), torch.nan).to(
            self.device
        )
        for places_BP, mean_BWO in self._passes(
            watch.places
        ):  # the first windows reach back before the dates
            steps_BW = self.feed.supervised(places_BP) - watch.first + watch.width
            mean_STO[places_BP[:, 0, None], steps_BW] = mean_BWO
        return mean_STO[:, watch.width :].cpu().numpy()

    def _set_level(self) -> None:
        """Means in units of outcomes, on training rows: the loss compares tickers and leaves their level open."""
        places = tiles(self.learn_ST, self.layout.usable_ST, self.width, 0)
        horizons = len(self.inputs.windows.horizons)
        pairs = [
            (mean_BWO.reshape(-1, horizons), self.feed.targets(places_BP).reshape(-1, horizons))
            for places_BP, mean_BWO in self._passes(places[:: math.ceil(len(places) / LEVELLED)])
        ]
        set_level(self.network, *fit_level(*(torch.cat(part) for part in zip(*pairs, strict=True))))

    def _passes(self, places: np.ndarray) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The windows in batches, each with the means of their supervised steps."""
        self.network.eval()
        with torch.inference_mode():
            for places_BP in torch.from_numpy(places).to(self.device).split(256):
                mean_BWO, _ = self.network(self.feed.inputs(places_BP), self.width)
                yield places_BP, mean_BWO
