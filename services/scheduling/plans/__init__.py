"""The plans wing: five-fixed plans, proposed by the street and confirmed by the district office."""
