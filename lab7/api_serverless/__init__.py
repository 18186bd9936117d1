"""The recogniser as a function of AWS Lambda, in a container image: ONNX Runtime and no PyTorch."""
