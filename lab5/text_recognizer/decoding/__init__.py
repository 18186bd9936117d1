"""Turns the output of a network into tokens."""
