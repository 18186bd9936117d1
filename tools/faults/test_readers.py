"""Property tests: whatever bytes or values a reader gets, it reads them or says in one line why not."""

import io
import json

import numpy as np
import pytest
from expectations import allowed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from text_recognizer.checked_arrays import BadArrays, read_arrays
from text_recognizer.checked_json import check_json, parse_json, parse_rows
from text_recognizer.corrections.read import read_corrections
from text_recognizer.data.labelling.importer import read_export
from text_recognizer.data.labelling.problem import Problems
from text_recognizer.data.storage.manifest import read_manifest
from text_recognizer.decoding.ngrams import STORED, NGrams
from text_recognizer.documents.open_picture import open_image
from text_recognizer.documents.page_numbers import PageNumbers
from text_recognizer.recognizer.artifact_files import read_config
from text_recognizer.recognizer.artifact_schema import SCHEMA
from text_recognizer.service.read_request import Refused, fields_of_json

QUICK = settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
NAMES = [*SCHEMA, "input_dims", "mapping", "version", "files", "data", "annotations", "result", "content", "annotation"]
OBJECTS = st.dictionaries(st.sampled_from([name.removesuffix("?") for name in NAMES]), VALUES, max_size=6)
ROWS = st.lists(OBJECTS | VALUES, max_size=4)
PNG = io.BytesIO()
Image.new("L", (20, 30), 9).save(PNG, "PNG")


@QUICK
@given(st.binary(max_size=300))
def test_json_of_any_bytes(content):
    with allowed():
        check_json(parse_json(content, "x"), SCHEMA, "x")
    with allowed():
        parse_rows(content, "x", {"image": str})


@QUICK
@given(OBJECTS)
def test_a_config_of_any_values(tmp_path, value):
    (tmp_path / "config.json").write_text(json.dumps(value))
    with allowed():
        read_config(tmp_path / "config.json")


@QUICK
@given(OBJECTS)
def test_a_manifest_of_any_values(tmp_path, value):
    (tmp_path / "manifest.json").write_text(json.dumps(value))
    with allowed():
        read_manifest(tmp_path)


@QUICK
@given(ROWS)
def test_corrections_of_any_values(tmp_path, rows):
    from text_recognizer.corrections.keep import ROWS_FILENAME

    (tmp_path / ROWS_FILENAME).write_text("\n".join(map(json.dumps, rows)))
    with allowed():
        read_corrections(tmp_path)


@QUICK
@given(ROWS)
def test_labels_of_any_values(tmp_path, rows):
    (tmp_path / "export.json").write_text(json.dumps(rows))
    with allowed():
        read_export(tmp_path / "export.json", Problems())


@QUICK
@given(st.dictionaries(st.sampled_from(["image", "mode", "format"]), VALUES))
def test_a_request_of_any_values(value):
    with allowed(Refused):
        fields_of_json(json.dumps(value).encode())


@QUICK
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"GIF89a", b"BM", b"RIFF0000WEBP"]),
)
def test_a_picture_of_any_bytes(content, start):
    with allowed():
        open_image(start + content)


@QUICK
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4))
def test_a_picture_with_any_bytes_changed(changes):
    content = bytearray(PNG.getvalue())
    for place, value in changes:
        content[place % len(content)] = value
    with allowed():
        open_image(bytes(content))


@QUICK
@given(st.text(max_size=20))
def test_pages_of_any_text(text):
    with allowed():
        PageNumbers.parse(text)


@QUICK
@given(
    st.dictionaries(
        st.sampled_from(["format", "characters", "steps_1", "steps_2", "counts_1", "counts_2"]),
        st.lists(st.integers(-3, 300), max_size=6) | st.text(max_size=4) | st.integers(-1, 2),
    )
)
def test_ngrams_of_any_arrays(tmp_path, arrays):
    np.savez(tmp_path / "n.npz", **{name: np.array(value) for name, value in arrays.items()})
    with allowed():
        NGrams.load(tmp_path / "n.npz")


@QUICK
@given(st.binary(max_size=300))
def test_arrays_of_any_bytes(tmp_path, content):
    (tmp_path / "n.npz").write_bytes(content)
    with pytest.raises(BadArrays):
        read_arrays(tmp_path / "n.npz", STORED)
