"""Scorecards: a provider's month in points of 100, from visits and feedback."""
