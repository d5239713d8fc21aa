"""Expiry: what was not spent in its time lapses (C-39)."""
