"""Made-up rosters to try the office with, and what makes them."""
