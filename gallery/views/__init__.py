"""Pages: check, call one selector or service, show. Bytes go through the selectors alone."""
