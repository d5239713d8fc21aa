"""What letters tell of plans and caregivers: how much care there is, for the what-if."""
