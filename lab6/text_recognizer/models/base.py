"""The base class of all models."""

from torch import nn


class Model(nn.Module):
    """A network that turns images into logits.

    Its class attributes tell the rest of the code how the model is called.
    """

    classifies = True  # whether it returns a logit for each class, and not maps of the image, for instance
    takes_labels = False  # whether `forward` takes the labels beside the images (from lab 4 on)
