"""The ledger: double entry in whole fen, append-only, and what can be proved from it."""
