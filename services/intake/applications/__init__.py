"""Applications: nobody is enrolled without one, and withdrawing is always possible (K8)."""
