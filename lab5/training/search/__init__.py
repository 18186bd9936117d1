"""Searches for good values of flags, as a sweep file of Weights & Biases says, without an account."""
