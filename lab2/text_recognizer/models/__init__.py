"""The models that `--model_class` can name; a new one is added to this list."""

from text_recognizer.models.cnn import CNN
from text_recognizer.models.lenet import LeNet
from text_recognizer.models.line_cnn_simple import LineCNNSimple
from text_recognizer.models.mlp import MLP
from text_recognizer.models.resnet import ResNet

__all__ = ["CNN", "MLP", "LeNet", "LineCNNSimple", "ResNet"]
