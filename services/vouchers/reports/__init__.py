"""What finance and auditors are shown: conservation cell by cell, its nights, and exceptions."""
