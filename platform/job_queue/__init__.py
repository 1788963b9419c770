"""The bottom floor: one enqueue function, a warm worker, its supervisor and sweeper, embedded Redis."""
