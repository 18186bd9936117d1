"""Commands that measure time."""
