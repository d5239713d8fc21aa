"""Money is whole fen; yuan appear only where people write or read them."""

from __future__ import annotations

FEN_PER_YUAN = 100
LARGEST_FEN = 10**15


def yuan_text(fen: int) -> str:
    """Show fen as yuan with two decimals: 10000 -> "100.00"."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole:,}.{rest:02d}"
