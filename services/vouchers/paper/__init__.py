"""Paper vouchers: serials made, handed out, spent, taken back and destroyed, on the one ledger."""
