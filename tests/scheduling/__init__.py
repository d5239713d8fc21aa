"""Stories of the scheduling service."""
