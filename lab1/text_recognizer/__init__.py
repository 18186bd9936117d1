"""Reads handwriting. Each lab holds a complete copy that knows what the labs up to it have taught."""
