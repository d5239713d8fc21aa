"""Two people: what one body proposes, another person of the other body decides."""
