"""Reads a whole paragraph in one pass: lab 5's line model is applied to each row of the page's feature map.

Letters in this file: B batch, H W image, E embedding, H' W' feature map, S = H' W' cells, C classes.
"""

from typing import Any

import torch

from text_recognizer.models.cells import MapModel
from text_recognizer.models.line_resnet_lstm import LineResNetLSTM


class ParagraphResNetLSTM(LineResNetLSTM, MapModel):
    """LineResNetLSTM without the maximum over rows: the LSTM runs along each row of the map separately, for CTC.

    A row of the map is 16 pixels high, and a line of text on the canvas of paragraphs about 44. The rows of cells are
    concatenated to one long sequence for CTC (Coquenet, Chatelain and Paquet, "SPAN: a Simple Predict & Align Network
    for Handwritten Paragraph Recognition", 2021): each line of text is read in one row, or in two if it is skewed, and
    the rows between lines give blanks. The page is not cut into lines, and may have any size.

    Weights of a `LineResNetLSTM` fit, so `--load_checkpoint` can start from a line model. A line model lacks the
    newline, the last class of the mapping of paragraphs, whose weights start at zero.

    Parameters
    ----------
    data_config
        The data's `config()`; the newline is the last entry of its mapping.
    """

    def __init__(self, data_config: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(data_config, **kwargs)
        self.pixels_per_cell = (16, 4)  # it reads images of any size
        self.classifier.register_load_state_dict_pre_hook(_add_newline)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of paragraphs -> (B, C, S) logits, row by row of the map, from left to right."""
        features = self.read_rows(x)  # (B, H', W', C)
        return features.flatten(1, 2).permute(0, 2, 1)  # (B, S, C) -> (B, C, S)

    def read_rows(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, H', W', C) logits of the cells of the map."""
        return self.read_each_row(x).unflatten(0, (len(x), -1))

    def read_each_row(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B H', W', C) logits of the cells; the LSTM runs along each row separately."""
        cells = self.dropout(self.encoder(x).permute(0, 2, 3, 1))  # (B, E, H', W') -> (B, H', W', E)
        features, _ = self.lstm(cells.flatten(0, 1))  # (B H', W', 2 L)
        return self.classifier(self.dropout(features))


def _add_newline(classifier: torch.nn.Linear, state_dict: dict[str, torch.Tensor], prefix: str, *_: object) -> None:
    """Add the newline's class to the last layer of a line model's weights."""
    for name in ("weight", "bias"):
        values = state_dict.get(prefix + name)
        if values is not None and len(values) == classifier.out_features - 1:
            state_dict[prefix + name] = torch.cat([values, torch.zeros_like(values[:1])])
