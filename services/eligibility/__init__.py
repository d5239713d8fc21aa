"""Eligibility: who gets what under which article, decided from facts, explained by findings."""
