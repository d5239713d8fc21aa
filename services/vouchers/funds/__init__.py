"""Allocation orders: which fund pays how much, signed by two bodies (N-19, C-22)."""
