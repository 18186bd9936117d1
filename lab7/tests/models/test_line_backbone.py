import pytest
import torch

from text_recognizer.models import LineResNetLSTM, ParagraphResNetLSTM, ResnetTransformer
from text_recognizer.models.line_backbone import LineBackbone
from text_recognizer.util import UserError

MAPPING = ["<B>", "<S>", "<E>", "<P>", *"abcdef", "\n"]
CONFIG = {"input_dims": (1, 64, 96), "output_dims": (9,), "mapping": MAPPING}
SMALL = {"tf_dim": 16, "tf_fc_dim": 32, "tf_layers": 1}


def make_model(**flags):
    torch.manual_seed(0)
    return ResnetTransformer(CONFIG, **SMALL | {"backbone": "line_resnet_lstm"} | flags).eval()


@pytest.mark.parametrize("backbone", ["line_resnet", "line_resnet_lstm"])
@pytest.mark.parametrize(("stride", "cells"), [((32, 8), (2, 12)), ((16, 4), (4, 24)), ((16, 32), (4, 3))])
def test_cells_of_the_backbone_are_put_together_to_those_of_the_map(backbone, stride, cells):
    model = make_model(backbone=backbone, stride_height=stride[0], stride_width=stride[1])
    assert model.map_shape == cells
    assert model.encode(torch.rand(2, 1, 64, 96)).shape == (2, cells[0] * cells[1], 16)


@pytest.mark.parametrize("stride", [(8, 8), (4, 32)])
def test_a_map_that_is_finer_than_the_backbones_is_refused(stride):
    with pytest.raises(UserError, match=f"--stride_height={stride[0]} --stride_width={stride[1]}: this backbone has"):
        make_model(stride_height=stride[0], stride_width=stride[1])


def test_the_backbone_sees_what_the_page_model_sees():
    page_model, backbone = ParagraphResNetLSTM(CONFIG).eval(), LineBackbone(has_lstm=True).eval()
    backbone.load_state_dict(dict(backbone.take(page_model.state_dict(), "")))
    x = torch.rand(2, 1, 64, 96)
    with torch.no_grad():
        features = backbone(x).permute(0, 2, 3, 1)  # (B, H', W', F)
        torch.testing.assert_close(page_model.classifier(features), page_model.read_rows(x))


@pytest.mark.parametrize("backbone", ["line_resnet", "line_resnet_lstm"])
@pytest.mark.parametrize("theirs", [LineResNetLSTM, ParagraphResNetLSTM])
def test_weights_of_a_model_of_lines_become_the_backbones_and_the_rest_stays(backbone, theirs):
    model, donor = make_model(backbone=backbone), theirs(CONFIG)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(donor.state_dict())
    for name, value in model.state_dict().items():
        expected = donor.state_dict()[name.removeprefix("resnet.")] if name.startswith("resnet.") else before[name]
        assert torch.equal(value, expected), name


def test_weights_of_a_model_of_lines_with_another_width_do_not_fit():
    with pytest.raises(RuntimeError, match=r"size mismatch for resnet\.encoder"):
        make_model().load_state_dict(LineResNetLSTM(CONFIG, stem_dim=8).state_dict())


def test_torchvisions_resnet_takes_no_weights_of_a_model_of_lines():
    with pytest.raises(RuntimeError, match="Missing key"):
        make_model(backbone="resnet18").load_state_dict(LineResNetLSTM(CONFIG).state_dict())


def test_a_frozen_backbone_stays_as_it_is_in_training():
    model = make_model(freeze_backbone=True).train()
    before = {name: value.clone() for name, value in model.resnet.state_dict().items()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    logits = model(torch.rand(2, 1, 64, 96), torch.randint(4, 10, (2, 5)))
    logits.sum().backward()
    optimizer.step()
    assert all(torch.equal(value, before[name]) for name, value in model.resnet.state_dict().items())
    assert any(parameter.grad is not None for parameter in model.decoder.parameters())


def test_a_backbone_that_is_not_frozen_learns():
    model = make_model().train()
    model(torch.rand(2, 1, 64, 96), torch.randint(4, 10, (2, 5))).sum().backward()
    assert all(parameter.grad is not None for parameter in model.resnet.parameters())
