"""Cards: the number that a holder shows at a till."""
