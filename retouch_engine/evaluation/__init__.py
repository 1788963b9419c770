"""Metrics, each beside the identity row."""
