"""The kinds of deployments that there are, as `prefect.yaml` has them."""

from pathlib import Path

import yaml

from flows.expansion import TEMPLATE

KINDS = tuple(
    Path(one["entrypoint"].partition(":")[0]).stem
    for one in yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["deployments"]
)
