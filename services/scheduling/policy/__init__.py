"""Scheduling's policy: dated numbers of the law for plans and visits."""
