"""The models: `--model_class` takes any of these names."""

from text_recognizer.models.cnn import CNN
from text_recognizer.models.line_cnn import LineCNN
from text_recognizer.models.line_cnn_lstm import LineCNNLSTM
from text_recognizer.models.line_cnn_simple import LineCNNSimple
from text_recognizer.models.line_cnn_transformer import LineCNNTransformer
from text_recognizer.models.line_resnet_lstm import LineResNetLSTM
from text_recognizer.models.mlp import MLP
from text_recognizer.models.paragraph_resnet_lstm import ParagraphResNetLSTM
from text_recognizer.models.resnet import ResNet
from text_recognizer.models.resnet_transformer import ResnetTransformer

__all__ = [
    "CNN",
    "MLP",
    "LineCNN",
    "LineCNNLSTM",
    "LineCNNSimple",
    "LineCNNTransformer",
    "LineResNetLSTM",
    "ParagraphResNetLSTM",
    "ResNet",
    "ResnetTransformer",
]
