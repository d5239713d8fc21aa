"""Reads the policy files, or says which file and place must be mended before deciding by them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from services.evaluation.policy.model import Policies, Policy

HERE = Path(__file__).parent


class PolicyRefused(ValueError):
    """A policy file that must not be decided by: which one, where and why."""


def load_policies(folder: Path = HERE) -> Policies:
    """Read every policy file of a folder.

    Raises:
        PolicyRefused: a file is no YAML, lacks something, or two files claim one district.
    """
    found: dict[str, Policy] = {}
    for file in sorted(folder.glob("*.yaml")):
        policy = _read(file)
        if policy.district in found:
            raise PolicyRefused(f"{file.name}: 同一区有两个文件 two files for one district")
        found[policy.district] = policy
    return Policies(by_district=found)


@cache
def own_policies() -> Policies:
    """The policies of this package, read once a process: nothing changes what was read."""
    return load_policies()


def _read(file: Path) -> Policy:
    try:
        return Policy.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except yaml.YAMLError as flaw:
        raise PolicyRefused(f"{file.name}: 不是有效的 YAML not valid YAML: {flaw}") from flaw
    except ValidationError as flaws:
        first = flaws.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise PolicyRefused(f"{file.name} {place}: {first['msg']}") from flaws
