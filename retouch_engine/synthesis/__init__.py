"""The painter of blemishes in optical density."""
