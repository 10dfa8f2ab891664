"""Decides which precision `auto` stands for: the one known to be faster on this machine. It is written into the
spec."""

import torch

from ml_core.spec.experiment import Training

GAINS = frozenset({"attention_lstm", "lstm", "tcn"})  # on a CPU, by benchmarks/precision.py
INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


def settle(training: Training, family: str) -> Training:
    """The same with `auto` decided, by what the processor can do and never by a clock: a spec that is stored says
    what was computed, and computes it again elsewhere."""
    if training.precision != "auto":
        return training
    half = _gains(torch.device(training.device).type, family)
    return training.model_copy(update={"precision": "bfloat16" if half else "float32"})


def _gains(device: str, family: str) -> bool:
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    capabilities = torch.cpu.get_capabilities() if device == "cpu" else {}
    return family in GAINS and any(capabilities.get(name) for name in INSTRUCTIONS)
