"""Fits a model of lines to one hand, with PyTorch alone."""
