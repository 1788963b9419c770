"""Pages of accounts beside allauth's: signing up, preferences, settings."""
