"""Vouchers: funds, the ledger, monthly issue, redemption and settlement (养老助残券)."""
