"""Names what can go wrong, so that every failure is told in one line. No error has an `__init__` of its own,
because they travel between processes."""


class ForecastError(Exception):
    """Any failure that candorcast explains itself; the front doors print it without a traceback."""


class Terminated(KeyboardInterrupt):
    """The system asked this process to end (SIGTERM), as a scheduler or a machine that goes down does."""


class InvalidInput(ForecastError, ValueError):
    """What the user gave cannot be used: an unknown key, ticker, file or value."""


class InvalidData(ForecastError, ValueError):
    """A table breaks its agreed columns or values."""


class ContractBroken(ForecastError):
    """What was registered from outside does not keep what every model, feature, metric or strategy must."""


class NotEnoughData(InvalidInput):
    """The history is too short for what was asked."""


class NoChampion(InvalidInput):
    """Nobody answers: no registered version sits in the seat."""


class EmptySeat(NoChampion):
    """Others may answer, but nobody sits in the seat that was asked for by name."""


class UnknownTicker(InvalidInput):
    """Nothing is stored, or nothing was learned, for the ticker that was asked for."""


class UnknownVersion(InvalidInput):
    """The model has no version of that number."""


class UnknownExperiment(InvalidInput):
    """There is no experiment of that name."""


class UnknownRun(InvalidInput):
    """No run of that name was started here, or it is forgotten by now."""


class BrokenArtifact(ForecastError):
    """A stored model does not match its checksum or its schema."""


class ProviderFailed(ForecastError):
    """A data source gave nothing that could be used."""


class StoreFailed(ForecastError):
    """The store could not be read or written."""


class TrainingDiverged(ForecastError):
    """The loss or the weights of a network grew beyond use."""


class SearchStalled(ForecastError):
    """A search made no progress for longer than allowed."""


class ClusterLost(ForecastError):
    """The processes of the local Ray cluster were killed while a search ran on it."""


class ServiceFailed(ForecastError):
    """A process of the local stack did not become healthy."""


class AlreadyRunning(ForecastError):
    """Another process holds the lock of what was asked for."""
