"""Reads the logs and checkpoints that trainings left behind."""
