"""A small network learns from the answers of a larger one."""
