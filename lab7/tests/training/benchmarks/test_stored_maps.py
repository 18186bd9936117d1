import pytest
import torch

from training.benchmarks import stored_maps
from training.command_line.flags import build, parse

FLAGS = ["--data_class=IAMParagraphs", "--model_class=ResnetTransformer", "--loss=transformer", "--tf_layers=1"]
FLAGS += ["--tf_dim=8", "--tf_fc_dim=8", "--tf_nhead=2", "--tf_dropout=0", "--seed=1"]
FROZEN = ["--backbone=line_resnet", "--freeze_backbone=true"]


def test_a_step_from_stored_maps_is_the_step_from_images():
    args = parse([*FLAGS, *FROZEN])
    config = build(args.classes["data_class"], args).config() | {"input_dims": (1, 64, 64), "output_dims": (12,)}
    lit_model = build(args.classes["loss"], args, build(args.classes["model_class"], args, config), config)
    lit_model.log = lambda *_, **__: None
    lit_model.train()
    x, y = torch.rand(2, 1, 64, 64), stored_maps.full_length_texts(2, config)
    from_images = lit_model.training_step((x, y), 0)
    maps = stored_maps.without_backbone(lit_model, x)
    assert maps.shape == (2, 128, 4, 16)
    torch.testing.assert_close(lit_model.training_step((maps, y), 0), from_images)


@pytest.mark.parametrize("flags", [["--backbone=line_resnet"], ["--backbone=line_resnet", "--freeze_backbone=false"]])
def test_a_backbone_that_learns_has_no_maps_to_store(flags):
    with pytest.raises(SystemExit, match="expected ResnetTransformer with a frozen backbone"):
        stored_maps.main([*FLAGS, *flags])
