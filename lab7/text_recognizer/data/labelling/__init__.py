"""Turns what people draw and type in a labelling tool into pictures of lines with their texts."""
