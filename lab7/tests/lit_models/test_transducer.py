"""The transducer loss against all paths, CTC's loss, and finite differences."""

import itertools
import math

import pytest
import torch

from tests.graphs.small_graphs import scores_by_labels
from text_recognizer.graphs.align import collapse
from text_recognizer.graphs.transitions import build_transitions, save_transitions
from text_recognizer.lit_models import CTCLitModel, TransducerLitModel
from text_recognizer.lit_models.ctc import ctc_loss
from text_recognizer.models.base import Model
from text_recognizer.util import UserError

PIECES = ("a", "b", "ab")
MAPPING = ("<B>", "<S>", "<E>", "<P>", *PIECES)
CONFIG = {"input_dims": (1, 4, 8), "output_dims": (4,), "mapping": MAPPING}
BLANK, START, END, PADDING, A, B, AB = range(7)
NUM_STEPS = 4


class Reader(Model):
    """Gives the same logits (C, S) for every image."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.nn.Parameter(logits)

    def forward(self, x):
        return self.logits.expand(len(x), -1, -1)


def make(seed=0, **settings):
    torch.manual_seed(seed)
    return TransducerLitModel(Reader(torch.randn(len(MAPPING), NUM_STEPS)), CONFIG, **settings)


def save(tmp_path, sequences=((0, 1), (2, 0), (2,)), num_tokens=3, **settings):
    transitions = build_transitions([list(row) for row in sequences], num_tokens, (0, 0), self_loops=True, **settings)
    save_transitions(transitions, tmp_path / "some.bin")
    return str(tmp_path / "some.bin")


def log_share(logits, text, is_allowed):
    """Add up the probability of every allowed path that spells a text, whichever its pieces are."""
    probabilities, total = logits.double().softmax(dim=0), 0.0
    for path in itertools.product(range(len(MAPPING)), repeat=logits.shape[1]):
        if is_allowed(path) and "".join(MAPPING[token] for token in collapse(path, BLANK)) == text:
            total += math.prod(probabilities[label, i].item() for i, label in enumerate(path))
    return math.log(total)


def is_text(path):
    return not {START, END, PADDING} & set(path)


RULES = {
    "optional": is_text,
    "none": lambda path: is_text(path) and BLANK not in path,
    "forced": lambda path: (
        is_text(path)
        and path[0] == path[-1] == BLANK
        and all(one == other or BLANK in (one, other) for one, other in itertools.pairwise(path))
    ),
}


@pytest.mark.parametrize("blank", ["none", "optional", "forced"])
@pytest.mark.parametrize("row", [[A], [AB], [A, B], [B, B], [A, B, A]], ids=str)
def test_the_loss_is_that_of_all_paths_of_all_segmentations(blank, row):
    model = make(blank=blank)
    logits = model.model.logits.detach()
    text = "".join(MAPPING[label] for label in row)
    loss = model.loss_of_each(logits[None], torch.tensor([[*row, PADDING]])).item()
    if math.isinf(loss):
        with pytest.raises(ValueError, match="math domain"):
            log_share(logits, text, RULES[blank])
    else:
        assert loss == pytest.approx(-log_share(logits, text, RULES[blank]), rel=1e-4)


def test_with_one_character_a_piece_it_is_the_loss_of_ctc():
    config = CONFIG | {"mapping": MAPPING[:-1]}
    logits, y = torch.randn(2, len(MAPPING) - 1, 6), torch.tensor([[START, A, A, END], [START, B, A, END]])
    ours = TransducerLitModel(Reader(logits[0]), config)
    theirs = CTCLitModel(Reader(logits[0]), config)
    losses = ours.loss_of_each(logits, y) / 2
    assert losses.mean().item() == pytest.approx(ctc_loss(logits, y, theirs.tokens)[0].item(), rel=1e-5)


@pytest.mark.parametrize("blank", ["none", "optional", "forced"])
def test_with_transitions_the_loss_is_the_share_of_the_paths_that_they_allow(tmp_path, blank):
    model = make(blank=blank, transitions=save(tmp_path, blank=blank))
    model.transition_weights.data = torch.randn_like(model.transition_weights)
    logits, text = torch.randn(len(MAPPING), 4), "ab"
    probabilities = logits.softmax(dim=0)
    spelled = total = 0.0
    for path, weight in scores_by_labels(model.transitions.with_weights(model.transition_weights), 4).items():
        if len(path) == 4:
            score = weight * math.prod(probabilities[label, i].item() for i, label in enumerate(path))
            total += score
            is_spelled = "".join(MAPPING[token] for token in collapse(path, BLANK)) == text
            spelled += score * (is_spelled and RULES[blank](path))
    loss = model.loss_of_each(logits[None], torch.tensor([[A, B, PADDING]])).item()
    assert loss == pytest.approx(-math.log(spelled / total) if spelled else math.inf, rel=1e-3)


def test_transitions_are_learned(tmp_path):
    model = make(blank="optional", transitions=save(tmp_path, blank="optional"))
    logits, y = torch.randn(1, len(MAPPING), NUM_STEPS), torch.tensor([[A, B, PADDING]])
    optimizer = torch.optim.SGD([model.transition_weights], lr=1.0)
    before = model.loss_of_each(logits, y).item()
    for _ in range(5):
        optimizer.zero_grad()
        model.loss_of_each(logits, y).sum().backward()
        optimizer.step()
    assert model.loss_of_each(logits, y).item() < before - 0.5
    assert "transition_weights" in model.state_dict()


def logits_of(path):
    return 9.0 * torch.nn.functional.one_hot(torch.tensor(path), len(MAPPING)).float().T


@pytest.mark.parametrize(
    ("blank", "path", "expected"),
    [
        ("optional", [A, A, BLANK, A, B], [A, A, B]),
        ("optional", [BLANK, AB, AB, BLANK, BLANK], [AB]),
        ("none", [A, A, B, B, AB], [A, B, AB]),
        ("forced", [BLANK, A, BLANK, A, BLANK], [A, A]),
    ],
)
def test_viterbi_reads_the_best_path_merged(blank, path, expected):
    model = make(blank=blank)
    (row,) = model.decode(logits_of(path)[None]).tolist()
    assert row == expected + [PADDING] * (len(path) - len(expected))


def test_viterbi_keeps_to_what_the_transitions_allow(tmp_path):
    only_ab = save(tmp_path, sequences=[(0, 1)], blank="none", backoff=False)
    model = make(blank="none", transitions=only_ab)
    logits = logits_of([B, A, B, B])
    assert model.decode(logits[None])[0, :2].tolist() == [A, B]


def test_a_text_that_cannot_be_aligned_is_left_out_and_counted():
    model = make()
    model.log = lambda name, value, **_: logged.__setitem__(name, float(value))
    logged = {}
    x, y = torch.zeros(2, 1, 4, 8), torch.tensor([[A, A, A, A], [A, B, PADDING, PADDING]])
    with pytest.warns(UserWarning, match=r"rows \[0\].*cannot align these texts with 4 windows"):
        loss = model.training_step((x, y), 0)
    assert torch.isfinite(loss)
    assert logged["train_unaligned"] == 1


def test_transitions_of_something_else_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"built with --blank none: add --blank=none"):
        make(transitions=save(tmp_path, blank="none"))
    for num_tokens in (1, 9):
        wrong = save(tmp_path, sequences=[(0,)], num_tokens=num_tokens, blank="optional")
        with pytest.raises(UserError, match=f"built for {num_tokens} pieces"):
            make(transitions=wrong)


def test_a_class_that_the_text_never_had_may_follow_anything(tmp_path):
    model = make(blank="optional", transitions=save(tmp_path, sequences=[(0,)], num_tokens=3, blank="optional"))
    assert torch.isfinite(model.loss_of_each(torch.randn(1, 7, 4), torch.tensor([[B, PADDING]]))).all()
