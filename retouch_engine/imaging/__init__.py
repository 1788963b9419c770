"""Bytes to pixels and back: safe decoding, orientation, colour profile, metadata, encoding."""
