"""The models that `--model_class` can name; a new one is added to this list."""

from text_recognizer.models.axial_transformer import AxialTransformer
from text_recognizer.models.cnn import CNN
from text_recognizer.models.conv_transformer import ConvTransformer
from text_recognizer.models.convolutional_recurrent_network import ConvolutionalRecurrentNetwork
from text_recognizer.models.cpc import CPC
from text_recognizer.models.efficientnet_transformer import EfficientNetTransformer
from text_recognizer.models.lenet import LeNet
from text_recognizer.models.line_cnn import LineCNN
from text_recognizer.models.line_cnn_lstm import LineCNNLSTM
from text_recognizer.models.line_cnn_simple import LineCNNSimple
from text_recognizer.models.line_cnn_transformer import LineCNNTransformer
from text_recognizer.models.line_finder import LineFinder
from text_recognizer.models.line_resnet_lstm import LineResNetLSTM
from text_recognizer.models.line_tds import LineTDS
from text_recognizer.models.mlp import MLP
from text_recognizer.models.own_resnet_transformer import OwnResNetTransformer
from text_recognizer.models.paragraph_resnet_lstm import ParagraphResNetLSTM
from text_recognizer.models.print_finder import PrintFinder
from text_recognizer.models.resnet import ResNet
from text_recognizer.models.resnet_transformer import ResnetTransformer
from text_recognizer.models.vit import Vit
from text_recognizer.models.vq_vae import VQVAE
from text_recognizer.models.way_up_finder import WayUpFinder

__all__ = [
    "CNN",
    "CPC",
    "MLP",
    "VQVAE",
    "AxialTransformer",
    "ConvTransformer",
    "ConvolutionalRecurrentNetwork",
    "EfficientNetTransformer",
    "LeNet",
    "LineCNN",
    "LineCNNLSTM",
    "LineCNNSimple",
    "LineCNNTransformer",
    "LineFinder",
    "LineResNetLSTM",
    "LineTDS",
    "OwnResNetTransformer",
    "ParagraphResNetLSTM",
    "PrintFinder",
    "ResNet",
    "ResnetTransformer",
    "Vit",
    "WayUpFinder",
]
