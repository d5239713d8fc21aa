"""Determinations: the rules applied to facts, kept for ever, each opening a case for people."""
