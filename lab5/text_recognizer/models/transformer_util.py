"""Parts of a Transformer (Vaswani et al., "Attention Is All You Need", 2017).

Letters in this file: B batch, T tokens, S memory, E embedding, N heads, D = E / N.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from text_recognizer.util import UserError

KeysValues = tuple[torch.Tensor, torch.Tensor]  # (B, N, S, D) each


def sinusoids(length: int, dim: int) -> torch.Tensor:
    """Return (length, dim) positions: sines and cosines whose wavelengths run from 2 pi to 20,000 pi (section 3.5)."""
    positions = torch.arange(length).unsqueeze(1)
    frequencies = torch.exp(torch.arange(0, dim, 2) * (-math.log(10_000.0) / dim))
    return torch.stack([(positions * frequencies).sin(), (positions * frequencies).cos()], dim=2).flatten(1)[:, :dim]


class PositionalEncoding(nn.Module):
    """Adds an encoding of its position to each vector of a row.

    Parameters
    ----------
    dim
        E, an even number.
    max_length
        Length of the longest row.
    """

    positions: torch.Tensor

    def __init__(self, dim: int, max_length: int) -> None:
        super().__init__()
        # Computed, not learnt, so there is no need to keep it in checkpoints.
        self.register_buffer("positions", sinusoids(max_length, dim), persistent=False)

    def forward(self, x: torch.Tensor, first: int = 0) -> torch.Tensor:
        """(B, T, E) -> (B, T, E); the first vector stands at position `first`."""
        return x + self.positions[first : first + x.shape[1]]


class Attention(nn.Module):
    """Multi-head attention of T vectors to S others (section 3.2).

    Parameters
    ----------
    dim
        E.
    num_heads
        N, which divides E.
    """

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        if dim % num_heads:
            raise UserError(f"--tf_dim={dim} --tf_nhead={num_heads}: expected a width that the number of heads divides")
        self.num_heads = num_heads
        self.query = nn.Linear(dim, dim)
        self.key_value = nn.Linear(dim, 2 * dim)
        self.out = nn.Linear(dim, dim)

    def keys_values(self, memory: torch.Tensor) -> KeysValues:
        """Return keys and values: (B, S, E) -> two of (B, N, S, D)."""
        keys, values = self.key_value(memory).chunk(2, dim=2)
        return self._split(keys), self._split(values)

    def forward(self, x: torch.Tensor, keys_values: KeysValues, is_causal: bool = False) -> torch.Tensor:
        """(B, T, E) -> (B, T, E); with `is_causal`, the t-th vector attends to the first t only."""
        looked = F.scaled_dot_product_attention(self._split(self.query(x)), *keys_values, is_causal=is_causal)
        return self.out(looked.transpose(1, 2).flatten(2))  # (B, N, T, D) -> (B, T, N, D) -> (B, T, E)

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(2, (self.num_heads, -1)).transpose(1, 2)  # (B, T, E) -> (B, T, N, D) -> (B, N, T, D)
