"""Chains: every letter of an application, from all five services, in one line of time."""
