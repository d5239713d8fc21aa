"""Scheduling: the catalogue, five-fixed plans and visits (五定服务)."""
