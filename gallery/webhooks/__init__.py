"""Webhooks: signed messages to a person's own addresses, at least once, to public hosts alone."""
