"""Rewards of providers by their year, and money for training workers (C-25)."""
