"""Whole journeys through the five services."""
