"""REST parts of accounts."""
