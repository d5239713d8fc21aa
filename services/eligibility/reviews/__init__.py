"""Reviews: the street's worklist, what it recommends, and who must keep out (N-28, N-49)."""
