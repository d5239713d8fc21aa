"""Subsidised devices at the counter: tenders, sales and returns (C-16)."""
