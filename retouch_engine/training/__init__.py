"""Losses, data sets, the loop and its checkpoints."""
