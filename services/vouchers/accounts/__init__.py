"""Voucher holders: awards, deaths and moves, and what each holder has left."""
