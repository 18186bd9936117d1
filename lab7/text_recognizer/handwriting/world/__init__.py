"""Draws pictures of pages as people take them: any layout, on any paper, in any surroundings, by any camera."""
