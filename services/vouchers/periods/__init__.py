"""Accounting months: what is booked after a month is closed belongs to the one that is open."""
