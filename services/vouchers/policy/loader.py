"""Reads the voucher policy from its file; a file that does not fit stops the service's start."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from services.vouchers.policy.model import VoucherPolicy

FILE = Path(__file__).with_name("chaoyang-2010.yaml")


def load_policy(file: Path = FILE) -> VoucherPolicy:
    """Read and check the policy.

    Raises:
        pydantic.ValidationError: a key is missing, unknown or of the wrong kind.
    """
    return VoucherPolicy.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))


@cache
def own_policy() -> VoucherPolicy:
    """The policy of this package, read once a process: nothing changes what was read."""
    return load_policy()
