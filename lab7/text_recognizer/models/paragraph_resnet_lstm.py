"""Reads a whole paragraph in one pass: lab 5's line model slides down the page, one row of its map after the other.

Letters in this file: B batch, H W image, E embedding, H' W' feature map, S = H' W' cells, C classes.
"""

from typing import Any

import torch

from text_recognizer.models.cells import MapModel
from text_recognizer.models.line_resnet_lstm import LineResNetLSTM


class ParagraphResNetLSTM(LineResNetLSTM, MapModel):
    """LineResNetLSTM without the maximum over the rows: the LSTM goes along each row of the map by itself, for CTC.

    A row of the map is 16 pixels high, a line of text on the canvas of paragraphs about 44. The cells are read row
    after row as if they stood in one long line, in which CTC finds the text (Coquenet, Chatelain and Paquet, "SPAN: a
    Simple Predict & Align Network for Handwritten Paragraph Recognition", 2021): each line of text comes out of one
    row, or of two where it is askew, and the rows between them stay blank. Nothing cuts the page into lines, and
    nothing depends on the size of the page.

    Weights of a `LineResNetLSTM` fit, so that `--load_checkpoint` can start from a model that reads lines. What it
    lacks is the newline, the last class of the mapping of paragraphs: its weights start at zero.

    Parameters
    ----------
    data_config
        The data's `config()`; the newline is the last of its mapping.
    """

    def __init__(self, data_config: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(data_config, **kwargs)
        self.pixels_per_cell = (16, 4)  # images of any size are read
        self.classifier.register_load_state_dict_pre_hook(_add_newline)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of paragraphs -> (B, C, S) logits, row after row of the map, from left to right."""
        features = self.read_rows(x)  # (B, H', W', C)
        return features.flatten(1, 2).permute(0, 2, 1)  # (B, S, C) -> (B, C, S)

    def read_rows(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, H', W', C) logits of the cells of the map."""
        return self.read_each_row(x).unflatten(0, (len(x), -1))

    def read_each_row(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B H', W', C) logits of the cells: rows know nothing of each other."""
        cells = self.dropout(self.encoder(x).permute(0, 2, 3, 1))  # (B, E, H', W') -> (B, H', W', E)
        features, _ = self.lstm(cells.flatten(0, 1))  # (B H', W', 2 L)
        return self.classifier(self.dropout(features))


def _add_newline(classifier: torch.nn.Linear, state_dict: dict[str, torch.Tensor], prefix: str, *_: object) -> None:
    """Give the last layer of a line model the one class that it lacks."""
    for name in ("weight", "bias"):
        values = state_dict.get(prefix + name)
        if values is not None and len(values) == classifier.out_features - 1:
            state_dict[prefix + name] = torch.cat([values, torch.zeros_like(values[:1])])
