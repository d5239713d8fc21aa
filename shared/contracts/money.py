"""Money is whole fen; yuan appear only where people write or read them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

FEN_PER_YUAN = 100
LARGEST_FEN = 10**15


def fen_from_yuan(text: str) -> int:
    """Turn an amount in yuan ("490", "490.5", "490.00") into fen.

    Raises:
        ValueError: not a number, negative, finer than a fen, or absurdly large.
    """
    try:
        fen = Decimal(text) * FEN_PER_YUAN
    except InvalidOperation as bad:
        raise ValueError("not an amount in yuan") from bad
    if not fen.is_finite() or fen != fen.to_integral_value() or not 0 <= fen <= LARGEST_FEN:
        raise ValueError("not a whole, positive number of fen")
    return int(fen)


def yuan_text(fen: int) -> str:
    """Show fen as yuan with two decimals: 10000 -> "100.00"."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole:,}.{rest:02d}"
