"""Running awards under dynamic management: looked at again, doubts decided by two people (N-51)."""
