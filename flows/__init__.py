"""The Prefect flows, a file each, and their deployments. Only this room knows Prefect, and nobody outside is told that
it was imported."""

import os

os.environ.setdefault("DO_NOT_TRACK", "1")
