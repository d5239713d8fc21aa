"""Providers: their admission, suspension and exit, their outlets and their caregivers."""
