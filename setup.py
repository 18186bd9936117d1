"""Installs lab 7's recogniser, with its weights, for those who only want to read: `python -m pip install .`.

Students need none of this: `make setup` installs what the labs need, and each lab runs where it lies.
"""

from setuptools import setup

SERVICE = ["fastapi", "uvicorn", "python-multipart"]

setup(
    name="text-recognizer",
    version="0.7.0",
    description="Reads a photographed paragraph of English handwriting",
    license="MIT",
    python_requires=">=3.11",
    package_dir={"": "lab7"},
    # Without what only training needs: data and lit_models would ask for Lightning and more.
    packages=[
        "text_recognizer",
        *(f"text_recognizer.{name}" for name in ("images", "page", "decoding", "models", "documents")),
        *(f"text_recognizer.recognizer{name}" for name in ("", ".formats", ".jobs")),
        *(f"text_recognizer.{name}" for name in ("corrections", "service", "app", "fitting")),
        *(f"text_recognizer.{name}" for name in ("graphs", "tokens")),  # for the commands of the extra "tokens"
    ],
    package_data={
        "text_recognizer": ["data/emnist_essentials.json", "artifacts/*/*", "artifacts/*/lines/*"],
        "text_recognizer.recognizer.formats": ["*.json"],
    },
    install_requires=[
        "torch>=2.11",
        "torchvision",
        "pillow>=10.1",
        "numpy",
        "opencv-python-headless",
        "smart_open[http]",
    ],
    extras_require={
        "onnx": ["onnxruntime>=1.23"],  # for artifacts with model.onnx: reads without loading torch
        "tokens": ["sentencepiece", "defusedxml", "boltons"],  # the commands below for word pieces, which are lab 6's
        "documents": ["pypdfium2", "reportlab", "pillow-heif"],  # PDFs in and out, pictures of telephones
        "service": SERVICE,
        "app": [*SERVICE, "gradio"],
        "ray": ["ray[data]"],  # reads on a cluster
    },
    entry_points={
        "console_scripts": [
            "read-paragraph = text_recognizer.paragraph_text_recognizer:main",
            "extract-iam-text = text_recognizer.tokens.extract_iam_text:main",
            "make-wordpieces = text_recognizer.tokens.make_wordpieces:main",
            "build-transitions = text_recognizer.tokens.build_transitions:main",
        ]
    },
)
