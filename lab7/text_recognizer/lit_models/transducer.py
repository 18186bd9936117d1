"""Trains a model with the transducer loss, which sums over all segmentations of a text into pieces.

Letters in this file: B batch, C classes, S frames, T labels in a row, A arcs.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.graphs.align import Blank, alignments, anything, collapse, segmentations
from text_recognizer.graphs.compose import match
from text_recognizer.graphs.graph import EPSILON, Graph, make_graph, trim
from text_recognizer.graphs.score import best_paths, forward_scores
from text_recognizer.graphs.transitions import Transitions, load_transitions
from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.lit_models.ctc import warn_of_unaligned
from text_recognizer.lit_models.metrics import CharacterErrorRate
from text_recognizer.models.base import Model
from text_recognizer.tokens.files import placed
from text_recognizer.util import UserError
from text_recognizer.vocabulary import tokenizer_of


class TransducerLitModel(BaseLitModel):
    """Trains a model whose classes are word pieces, without a given segmentation of the words.

    The loss is that of A. Hannun, V. Pratap, J. Kahn and W. Hsu, "Differentiable Weighted Finite-State Transducers",
    2020: minus the logarithm of the probability of the paths that spell the text. It sums over all segmentations of the
    text, and over all alignments of the pieces with the frames. With one character per piece and optional blanks it is
    CTC's loss.

    Parameters
    ----------
    model
        The network; its `forward` gives logits (B, C, S).
    data_config
        The data's `config()`; its mapping holds <B>, <S>, <E> and <P>, and the text of each piece.
    blank
        Where a frame may or must be blank: "none", "optional" or "forced".
    transitions
        A file that build_transitions wrote: the model then also learns which piece follows which, with a weight for
        each arc.
    """

    def __init__(
        self,
        model: Model,
        data_config: dict[str, Any],
        blank: Blank = "optional",
        transitions: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(model, data_config, **kwargs)
        tokenizer = tokenizer_of(data_config)
        self.mapping, self.tokens = tokenizer.mapping, tokenizer.special
        self.blank = blank
        self.classes_of = {text: i for i, text in enumerate(self.mapping) if i not in self.tokens}
        self.transitions: Graph | None = None
        if transitions:
            self.transitions = self._graph_of(load_transitions(placed(transitions)), transitions)
            self.transition_weights = nn.Parameter(torch.zeros(self.transitions.num_arcs))
        self.free_graph = anything(list(self.classes_of.values()), self.tokens.blank, blank)
        self.alignments: dict[str, tuple[Graph, torch.Tensor | None]] = {}  # of the texts seen so far
        self.val_cer, self.test_cer = (CharacterErrorRate(self.tokens, tokenizer) for _ in range(2))

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> torch.Tensor:
        """Return the loss of a training batch."""
        x, y = batch
        return self._logged_loss(self(x), y, "train", batch_index)

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Measure a validation batch."""
        self._measure(batch, "val", self.val_cer, batch_index)

    def test_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Measure a test batch."""
        self._measure(batch, "test", self.test_cer, batch_index)

    def predict(self, x: torch.Tensor) -> torch.Tensor:
        """Return the predictions for images (B, 1, H, W): (B, S) labels, padded at the end."""
        return self.decode(self(x))

    def decode(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the pieces of the best path, repeats merged and blanks dropped: (B, C, S) -> (B, S), padded."""
        paths = best_paths(_emissions(logits), [self._all_paths()] * len(logits))
        rows = torch.full((len(logits), logits.shape[2]), self.tokens.padding)
        for row, path in zip(rows, paths, strict=True):
            kept = list(collapse(path, self.tokens.blank))
            row[: len(kept)] = torch.tensor(kept, dtype=torch.int64)
        return rows

    def loss_of_each(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the loss of each text: (B, C, S), (B, T) -> (B,); infinite where no path of this length spells it."""
        emissions = _emissions(logits)
        scores = forward_scores(emissions, [self._alignments(self._text(row)) for row in y.tolist()])
        if self.transitions is None:
            return -scores  # the shares of all paths add up to 1 already
        return forward_scores(emissions, [self._all_paths()] * len(logits)) - scores

    def _measure(
        self, batch: tuple[torch.Tensor, torch.Tensor], stage: str, metric: CharacterErrorRate, batch_index: int
    ) -> None:
        x, y = batch
        logits = self(x)  # (B, C, S)
        self._logged_loss(logits, y, stage, batch_index)
        metric.update(y.tolist(), self.decode(logits).tolist())
        self.log(f"{stage}_cer", metric, on_step=False, on_epoch=True, prog_bar=True)

    def _logged_loss(self, logits: torch.Tensor, y: torch.Tensor, stage: str, batch_index: int) -> torch.Tensor:
        """Return the mean of the texts' losses per character, as for CTC, without texts that cannot be aligned."""
        losses = self.loss_of_each(logits, y)
        lengths = torch.tensor([max(1, len(self._text(row))) for row in y.tolist()], device=losses.device)
        impossible = losses.isinf()
        loss = (losses.masked_fill(impossible, 0.0) / lengths).mean()
        warn_of_unaligned(impossible, logits.shape[2], f"{stage} batch {batch_index}", "the model's stride")
        self.log(f"{stage}_loss", loss, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        num = impossible.float().sum()
        self.log(f"{stage}_unaligned", num, on_step=False, on_epoch=True, reduce_fx="sum", sync_dist=True)
        return loss

    def _text(self, row: list[int]) -> str:
        """Return the text of a row of pieces, with the space that word pieces have before the first word."""
        return "".join(self.mapping[label] for label in row if label not in self.tokens)

    def _all_paths(self) -> Graph:
        if self.transitions is None:
            return self.free_graph
        return self.transitions.with_weights(self.transition_weights)

    def _alignments(self, text: str) -> Graph:
        """Return the graph of all paths that spell a text; its states and arcs are computed once for each text."""
        if text not in self.alignments:
            graph = alignments(trim(segmentations(text, self.classes_of)), self.tokens.blank, self.blank)
            arcs = None
            if self.transitions is not None:
                graph, pairs = match(graph, self.transitions)
                arcs = torch.from_numpy(pairs[:, 1])
            self.alignments[text] = graph, arcs
        graph, arcs = self.alignments[text]
        if arcs is None:
            return graph.with_weights(graph.weights.to(self.device))
        return graph.with_weights(self.transition_weights[arcs.to(self.device)])

    def _graph_of(self, transitions: Transitions, filename: str) -> Graph:
        """Renumber the tokens of transitions as classes; a class that the text did not contain may follow any other."""
        graph, num_tokens, blank, _ = transitions
        if blank != self.blank:
            raise UserError(f"--transitions={filename}: built with --blank {blank}: add --blank={blank}")
        if num_tokens > len(self.classes_of) or max(map(len, list(self.classes_of)[num_tokens:]), default=0) > 1:
            raise UserError(
                f"--transitions={filename}: built for {num_tokens} pieces, and the data has others: expected the "
                "transitions that were built with the file of --word_pieces"
            )
        classes = [*list(self.classes_of.values())[:num_tokens], self.tokens.blank, EPSILON]  # the last for -1
        labels = [classes[label] for label in graph.labels]
        arcs = list(zip(graph.sources.tolist(), graph.targets.tolist(), labels, strict=True))
        missing = sorted(set(self.classes_of.values()) - set(labels))
        if (state := transitions.shortest_context) is not None:
            arcs += [(state, state, label) for label in missing]
        return make_graph(graph.num_states, graph.is_start.nonzero()[0], graph.is_final.nonzero()[0], arcs)


def _emissions(logits: torch.Tensor) -> torch.Tensor:
    """(B, C, S) logits -> (B, S, C) logarithms of probabilities, in full precision."""
    return logits.permute(0, 2, 1).float().log_softmax(dim=2)
