"""The workforce wing: what other services' letters tell of providers, people and streets."""
