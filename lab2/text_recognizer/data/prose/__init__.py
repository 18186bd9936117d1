"""The text that synthetic data is written from."""
