"""Awards other than vouchers: who may claim medical costs, who may buy a subsidised device."""
