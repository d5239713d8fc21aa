"""The evaluation service, tested at its doors and at its rules."""
