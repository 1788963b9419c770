"""Settings: `base` for all, `loopback` for `make run`, `production` strict, `test`."""
