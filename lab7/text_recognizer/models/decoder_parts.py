"""The parts from which `modular_decoder.py` builds a decoder: norms, gates, positions, attention.

Letters in this file: B batch, T tokens, S memory, E embedding, N heads, G heads of keys and values, D = E / N.
"""

import torch
import torch.nn.functional as F
from torch import nn

from text_recognizer.models.transformer_util import KeysValues
from text_recognizer.util import UserError

ROTARY_BASE = 10_000.0  # longest wavelength / 2 pi
EPSILON = 1e-6


class RMSNorm(nn.Module):
    """Divides each vector by its root mean square; it subtracts no mean and has no bias.

    B. Zhang and R. Sennrich, "Root Mean Square Layer Normalization", 2019. PyTorch's own RMSNorm computes the same;
    this one is written out for readers.

    Parameters
    ----------
    dim
        E.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., E) -> (..., E)."""
        return self.weight * x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + EPSILON)


NORMS: dict[str, type[nn.Module]] = {"layer_norm": nn.LayerNorm, "rms_norm": RMSNorm}


class GatedLinear(nn.Module):
    """Two parallel linear layers; one, after an activation, gates the other.

    N. Shazeer, "GLU Variants Improve Transformer", 2020.

    Parameters
    ----------
    dim
        E.
    fc_dim
        Width of the output.
    activation
        "swiglu" or "geglu".
    """

    def __init__(self, dim: int, fc_dim: int, activation: str) -> None:
        super().__init__()
        self.both = nn.Linear(dim, 2 * fc_dim)
        self.activation = nn.SiLU() if activation == "swiglu" else nn.GELU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, E) -> (B, T, fc_dim)."""
        values, gates = self.both(x).chunk(2, dim=-1)
        return values * self.activation(gates)


def make_feed_forward(dim: int, fc_dim: int, kind: str, dropout: float) -> nn.Sequential:
    """Return a layer's feed-forward network: "gelu", "swiglu" or "geglu".

    A gated network has three matrices instead of two, so it is two thirds as wide, and all kinds have as many weights.
    """
    if kind == "gelu":
        return nn.Sequential(nn.Linear(dim, fc_dim), nn.GELU(), nn.Dropout(dropout), nn.Linear(fc_dim, dim))
    gated_dim = max(1, 2 * fc_dim // 3)
    return nn.Sequential(GatedLinear(dim, gated_dim, kind), nn.Dropout(dropout), nn.Linear(gated_dim, dim))


class RotaryPositions(nn.Module):
    """Rotates each pair of a query's or key's numbers by an angle proportional to its position.

    The product of a rotated query and a rotated key depends on their distance, not on their positions (J. Su et al.,
    "RoFormer", 2021). Values are not rotated, because they carry content and not position.

    Parameters
    ----------
    head_dim
        D, an even number.
    max_length
        Length of the longest row.
    """

    turns: torch.Tensor

    def __init__(self, head_dim: int, max_length: int) -> None:
        super().__init__()
        if head_dim % 2:
            raise UserError(
                f"rotary positions in heads of {head_dim} numbers: expected --tf_dim / --tf_nhead to be even"
            )
        frequencies = ROTARY_BASE ** (-torch.arange(0, head_dim, 2) / head_dim)
        angles = torch.arange(max_length)[:, None] * frequencies  # (T, D / 2)
        self.register_buffer("turns", torch.stack([angles.cos(), angles.sin()]), persistent=False)

    def forward(self, x: torch.Tensor, first: int = 0) -> torch.Tensor:
        """(B, N, T, D) -> (B, N, T, D); the first vector has position `first`."""
        cos, sin = self.turns[:, first : first + x.shape[2]]  # (T, D / 2) each
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


class LearnedPositions(nn.Module):
    """Adds a learned vector for each position, as in GPT-2 (A. Radford et al. 2019).

    Parameters
    ----------
    dim
        E.
    max_length
        Length of the longest row.
    """

    def __init__(self, dim: int, max_length: int) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.empty(max_length, dim))
        nn.init.normal_(self.embedding, std=0.02)  # GPT-2's

    def forward(self, x: torch.Tensor, first: int = 0) -> torch.Tensor:
        """(B, T, E) -> (B, T, E); the first vector has position `first`."""
        return x + self.embedding[first : first + x.shape[1]]


class ModularAttention(nn.Module):
    """Attention whose heads may share keys and values, and whose scores may be passed to the next layer.

    One head of keys and values for all N heads of queries makes the cache N times smaller (N. Shazeer, "Fast
    Transformer Decoding: One Write-Head is All You Need", 2019). Residual attention adds a layer's scores, before the
    softmax, to those of the next (R. He et al., "RealFormer", 2020).

    Parameters
    ----------
    dim
        E.
    num_heads
        N, which divides E.
    single_key_value
        Share one head of keys and values: G = 1, else G = N.
    """

    def __init__(self, dim: int, num_heads: int, single_key_value: bool = False) -> None:
        super().__init__()
        if dim % num_heads:
            raise UserError(f"--tf_dim={dim} --tf_nhead={num_heads}: expected a width that the number of heads divides")
        self.num_heads = num_heads
        self.head_dim = dim // num_heads
        self.num_key_heads = 1 if single_key_value else num_heads
        self.query = nn.Linear(dim, dim)
        self.key_value = nn.Linear(dim, 2 * self.num_key_heads * self.head_dim)
        self.out = nn.Linear(dim, dim)

    def queries(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, E) -> (B, N, T, D)."""
        return self.query(x).unflatten(2, (self.num_heads, -1)).transpose(1, 2)

    def keys_values(self, memory: torch.Tensor) -> KeysValues:
        """Compute keys and values: (B, S, E) -> (B, G, S, D), (B, G, S, D)."""
        keys, values = self.key_value(memory).unflatten(2, (2 * self.num_key_heads, -1)).transpose(1, 2).chunk(2, dim=1)
        return keys, values

    def forward(
        self,
        queries: torch.Tensor,
        keys_values: KeysValues,
        mask: torch.Tensor | None = None,
        scores_before: torch.Tensor | None = None,
        keeps_scores: bool = False,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Attend: weight values by the products of queries and keys.

        Parameters
        ----------
        queries
            (B, N, T, D).
        keys_values
            (B, G, S, D) each.
        mask
            (T, S), true where a query may attend; everywhere if None.
        scores_before
            (B, N, T, S) scores of the layer before, which are added.
        keeps_scores
            Whether to return this layer's scores for the next one.

        Returns
        -------
        tuple
            (B, T, E), and the scores (B, N, T, S) or None.
        """
        keys, values = keys_values
        if scores_before is None and not keeps_scores:  # the scores are not needed: use PyTorch's fused attention
            looked = F.scaled_dot_product_attention(
                queries, keys.expand(-1, self.num_heads, -1, -1), values.expand(-1, self.num_heads, -1, -1), mask
            )
            return self._joined(looked), None
        scores = queries @ keys.transpose(2, 3) * self.head_dim**-0.5  # each head's own width, not E
        scores = scores if scores_before is None else scores + scores_before
        masked = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
        return self._joined(masked.softmax(dim=-1) @ values), scores

    def _joined(self, looked: torch.Tensor) -> torch.Tensor:
        return self.out(looked.transpose(1, 2).flatten(2))  # (B, N, T, D) -> (B, T, N, D) -> (B, T, E)
