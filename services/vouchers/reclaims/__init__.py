"""Reclaims: what was spent though it was not due, decided by two people and paid back (C-49)."""
