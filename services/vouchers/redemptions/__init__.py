"""Redemptions: a holder spends at an admitted provider (C-05)."""
