"""From a photograph to its ink, and from there to the canvas or the strips that networks read."""
