"""Resumable uploads: what a tus 1.0 client says, the partial files, and their way to a photo."""
