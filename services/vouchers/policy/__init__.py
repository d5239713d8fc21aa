"""What Chaoyang's document says on voucher money, as dated and cited data."""
