import torch

from text_recognizer.models import LineCNNTransformer

MAPPING = ["<B>", "<S>", "<E>", "<P>", *"abcdef"]
CONFIG = {"input_dims": (1, 28, 112), "output_dims": (8,), "mapping": MAPPING}


def make_model(**flags):
    torch.manual_seed(0)
    return LineCNNTransformer(CONFIG, conv_dim=4, tf_dim=16, tf_fc_dim=32, tf_layers=2, **flags).eval()


def test_shapes_of_the_ends():
    model, x = make_model(), torch.rand(3, 1, 28, 112)
    assert model(x, torch.ones(3, 7, dtype=torch.long)).shape == (3, len(MAPPING), 7)
    assert model.encode(x).shape == (3, model.encoder.num_windows, 16)
    assert model.predict(x).shape == (3, 8)


def test_every_row_begins_with_start_and_holds_nothing_behind_its_end():
    model = make_model()
    with torch.no_grad():
        model.decoder.classifier.bias[2] = 2.0  # <E> is taken now and then
    rows = model.predict(torch.rand(32, 1, 28, 112)).tolist()
    assert {row[0] for row in rows} == {1}
    for row in rows:
        if 2 in row:
            assert set(row[row.index(2) + 1 :]) <= {3}


def test_a_prediction_does_not_depend_on_the_rest_of_the_batch():
    model, x = make_model(), torch.rand(6, 1, 28, 112)
    together = model.predict(x)
    assert torch.equal(together, torch.cat([model.predict(one[None]) for one in x]))
