"""The bottom floor: one enqueue function, warm worker, supervisor, sweeper, embedded Redis."""
