"""Eligibility: every sentence of the policies as a case, and the laws that hold for everybody."""
