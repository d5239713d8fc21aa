"""Signed lists: many clear cases approved in one act by a named officer (PIPL 24)."""
