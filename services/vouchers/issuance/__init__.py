"""The monthly issue: preview, approval by a second person, one voucher a month."""
