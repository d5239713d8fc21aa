"""What-if: other values, or another policy, over everybody whom this office knows."""
