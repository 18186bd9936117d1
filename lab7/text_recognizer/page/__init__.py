"""Finds the ink and the lines on a photograph, and cuts out the canvas or the strips that networks read."""
