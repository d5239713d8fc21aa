"""Tests of intake: the people, the areas, the applications and the rosters."""
