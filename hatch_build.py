"""Packs into the wheel what the code reads and is no code, where `ml_core/spec/shipped.py` looks for it. An editable
install is the checkout itself, which has these files beside the code."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = ("experiments", "prefect.yaml", "constraints.txt")


class Packing(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            build_data["force_include"] |= {name: f"ml_core/_shipped/{name}" for name in SHIPPED}
