"""Medical claims of centenarians: receipts, a decision by two people, and payment (C-06)."""
