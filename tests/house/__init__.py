"""The walls of the house: what no reader should have to check by eye."""
