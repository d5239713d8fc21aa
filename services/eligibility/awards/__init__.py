"""Awards: the district's decision, what it grants, and how a benefit ends (N-28, N-51)."""
