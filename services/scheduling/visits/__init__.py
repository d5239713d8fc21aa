"""The visits wing: a month's visits of confirmed plans and what became of each."""
