"""Who may take vouchers, where and for what: mirrors kept from letters."""
