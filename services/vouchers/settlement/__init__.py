"""Settlement: providers are paid month by month, on two people's approval (C-46)."""
