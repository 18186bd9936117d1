"""What all models share that read images of any width, or of any size."""

from text_recognizer.models.base import Model


class AnySizeModel(Model):
    """A model that reads an image cell by cell, however many there are."""

    pixels_per_cell: tuple[int, int]  # height and width of a cell: images are as high and wide as some of them
