"""Public notice (公示): what is posted, for how long, and what is said against it (C-55)."""
