"""The catalogue wing: service items that the district has approved."""
