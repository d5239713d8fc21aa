"""Appeals: somebody who had no part in a refusal looks again, and can mend it (C-56)."""
