"""Tests of what all five services stand on."""
