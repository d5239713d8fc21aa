"""Intake: who lives where, what they ask for, and the files street offices bring."""
