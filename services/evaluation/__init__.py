"""Evaluation: providers' admission, feedback, scores and the chain of each application."""
