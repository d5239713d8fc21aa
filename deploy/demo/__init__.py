"""The demo: three months of 2010 told through the public doors of the five services."""
