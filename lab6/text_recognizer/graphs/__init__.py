"""Weighted finite-state acceptors: sets of label sequences with scores, given as states and arcs."""
