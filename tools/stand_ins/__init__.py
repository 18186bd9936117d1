"""Draws data in the official formats, for those who cannot have the real data: see tools/standin.py."""
