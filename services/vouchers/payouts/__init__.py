"""Payment orders outside the vouchers: what was approved, and when the bank paid it."""
