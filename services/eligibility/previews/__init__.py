"""What the rules would say of facts that nobody keeps: for partners, and for checking us."""
