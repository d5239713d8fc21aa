"""Nobody missed, nothing wrong: residents who have not applied, and how often we erred (N-50)."""
