"""The names of programmes and of the bodies that take part, as letters and tokens spell them."""

from __future__ import annotations

VOUCHER = "chaoyang-2010/voucher"
HOME_CARE = "nangang-2008/home-care"

CHAOYANG = "110105"
NANGANG = "230103"
OFFERED = frozenset({VOUCHER, HOME_CARE})
