"""Payments: who is paid into which account, the bank's orders, and what the bank answered."""
