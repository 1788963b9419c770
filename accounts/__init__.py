"""Who you are: users, sessions, API keys, the first staff invitation."""
