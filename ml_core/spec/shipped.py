"""Says where the files are that are no code and that the code reads: the experiments that are shipped, `prefect.yaml`,
the pinned versions. A checkout has them beside the code; in what `pip install` brings they lie packed with it."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]  # the checkout, or the folder in which packages are installed
PACKED = PROJECT / "ml_core" / "_shipped"  # where `pyproject.toml` has the wheel put them


def find_shipped(name: str) -> Path:
    """That file or folder, which need not be there."""
    packed = PACKED / name
    return packed if packed.exists() else PROJECT / name
