"""Installs lab 7's recogniser, with its weights, for those who only want to read: `python -m pip install .`.

Students need none of this: `make setup` installs what the labs need, and each lab runs where it lies.
"""

from setuptools import find_packages, setup

setup(
    name="text-recognizer",
    version="0.7.0",
    description="Reads a photographed paragraph of English handwriting",
    license="MIT",
    python_requires=">=3.11",
    package_dir={"": "lab7"},
    # Without what only training needs: data and lit_models would ask for Lightning and more.
    packages=find_packages("lab7", include=["text_recognizer", "text_recognizer.models"]),
    package_data={"text_recognizer": ["artifacts/*/*", "artifacts/*/lines/*"]},
    install_requires=[
        "torch>=2.11",
        "torchvision",
        "pillow>=10.1",
        "numpy",
        "opencv-python-headless",
        "smart_open[http]",
    ],
    extras_require={"onnx": ["onnxruntime>=1.23"]},  # for artifacts with model.onnx: reads without loading torch
    entry_points={"console_scripts": ["read-paragraph = text_recognizer.read_command:main"]},
)
