"""What the two documents demand of providers and their people, and what fills their silences."""
