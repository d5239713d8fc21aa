"""The names of programmes and of the bodies that take part, as letters and tokens spell them."""

from __future__ import annotations

from pathlib import Path

import yaml

VOUCHER = "chaoyang-2010/voucher"
HOME_CARE = "nangang-2008/home-care"

CHAOYANG = "110105"
NANGANG = "230103"
OFFERED = frozenset(
    yaml.safe_load(Path(__file__).with_name("offered.yaml").read_text(encoding="utf-8"))
)
"""Programmes that can be applied for: a new district or measure is one more line of the file."""
