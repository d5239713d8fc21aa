"""Street rosters as offices have them: read, checked row by row, and given back with reasons."""
