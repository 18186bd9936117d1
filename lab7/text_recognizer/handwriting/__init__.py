"""Draws synthetic handwriting: a writer, a pen, a page and a camera, all drawn from one random generator."""
