"""A hundred files as an archivist throws them at the command: every page once in the result, at a kill too."""

import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.recognizer.command import main

pytestmark = [pytest.mark.slow, pytest.mark.extras]
LAB_DIRNAME = Path(__file__).resolve().parents[2]
MODULE = "text_recognizer.paragraph_text_recognizer"
SIZES = {"stem_dim": 2, "lstm_dim": 4}
NUM_FILES = 100
ODD_NAMES = ("a  b.png", "ünïcode ✓.png", "semi;colon & co.png", "-dash.png", "100%.png", "#1.png", "'q\".png")


class Archive:
    """Makes the files, and writes down what should come of them.

    Parameters
    ----------
    folder
        An empty folder.
    """

    def __init__(self, folder):
        self.folder = folder
        self.pages, self.failing, self.left_out, self.num_files = [], [], [], 0
        self.picture = draw_page(size=(400, 500), pitch=30, corner=(50, 50))

    def encoded(self, kind, pages=1):
        file = io.BytesIO()
        more = {"save_all": True, "append_images": [self.picture] * (pages - 1)} if pages > 1 else {}
        self.picture.save(file, kind, **more)
        return file.getvalue()

    def put(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.num_files += 1
        return str(path)

    def good(self, name, kind):
        self.pages.append(self.put(name, self.encoded(kind)))

    def many(self, name, kind, number):
        path = self.put(name, self.encoded(kind, number))
        self.pages += [f"{path}, page {i}" for i in range(1, number + 1)]

    def bad(self, name, content):
        self.failing.append(self.put(name, content))

    def other(self, name, content):
        self.left_out.append(self.put(name, content))

    def zipped(self, name, members):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        path = self.put(name, file.getvalue())
        self.pages += [f"{path}/{member}" for member in members if member.endswith((".png", ".jpg"))]


def fill(archive):
    """Write the hundred files."""
    png, jpeg = archive.encoded("PNG"), archive.encoded("JPEG")
    for number, name in enumerate(ODD_NAMES):
        archive.good(f"odd/{number}/{name}", "PNG")
    for number in range(3):
        archive.many(f"scans/box {number}.tif", "TIFF", 2 + number)
        archive.many(f"scans/box {number}.pdf", "PDF", 1 + 2 * (number > 0)) if number else archive.good(
            "scans/one.pdf", "PDF"
        )
    archive.zipped("zips/phone.zip", {"IMG_1.jpg": jpeg, "deep/IMG_1.jpg": jpeg, "notes.txt": b"x", "IMG_2.png": png})
    archive.zipped("zips/second.zip", {"../outside.png": png, "C:\\scan.png": png})
    for number in range(4):
        archive.good(f"phone/IMG_{number}.HEIC", "HEIF")
    archive.good("phone/IMG_9.avif", "AVIF")
    archive.good("same/page.jpg", "JPEG")
    archive.good("same/page.png", "PNG")
    archive.good("same/PAGE.PNG", "PNG")
    archive.good("really a png.jpg", "PNG")
    archive.bad("bad/empty.png", b"")
    archive.bad("bad/empty.pdf", b"")
    archive.bad("bad/half.jpg", jpeg[: len(jpeg) // 2])
    archive.bad("bad/half.png", png[: len(png) // 2])
    archive.bad("bad/half.pdf", archive.encoded("PDF")[:300])
    archive.bad("bad/half.heic", archive.encoded("HEIF")[:400])
    archive.bad("bad/text.tif", b"this is a letter, and no picture")
    archive.bad("bad/half.zip", b"PK\3\4" + bytes(40))
    archive.other("readme.txt", b"boxes 1 to 3")
    archive.other("list.csv", b"box;page\n")
    archive.other("letter.docx", b"PK\3\4" + bytes(40))
    archive.put(".DS_Store", b"hidden")
    archive.put("._IMG_1.jpg", b"hidden")
    (archive.folder / "an empty folder").mkdir()
    kinds = [("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("bmp", "BMP"), ("gif", "GIF"), ("TIFF", "TIFF")]
    while archive.num_files < NUM_FILES:
        suffix, kind = kinds[archive.num_files % len(kinds)]
        archive.good(f"letters/{archive.num_files:03}.{suffix}", kind)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    pytest.importorskip("pillow_heif", reason="the extra `documents` is not installed").register_heif_opener()
    pytest.importorskip("pypdfium2", reason="the extra `documents` is not installed")
    archive = Archive(tmp_path_factory.mktemp("archive"))
    fill(archive)
    assert sum(path.is_file() for path in archive.folder.rglob("*")) == NUM_FILES
    return archive


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("model")
    write_artifact(dirname, make_config(model_class="ParagraphResNetLSTM", model_flags=SIZES, loss="ctc"))
    return f"--artifact_dirname={dirname}"


def pages_in(output):
    """Return the pages in a folder's journal, with their errors."""
    rows = [json.loads(line) for line in (output / "readings.jsonl").read_text(encoding="utf-8").splitlines()]
    return [(row["page"]["image"], row["page"].get("error")) for row in rows if "key" in row]


def check(archive, output):
    """Hold a finished job against what is in the archive."""
    found = pages_in(output)
    assert sorted(name for name, error in found if error is None) == sorted(archive.pages)
    assert sorted({name for name, error in found if error is not None}) == sorted(archive.failing)
    texts = list(output.rglob("*.txt"))
    assert len(texts) == len(archive.pages)
    assert all(path.resolve().is_relative_to(output.resolve()) for path in texts)


def test_every_page_is_once_in_the_result(archive, model, tmp_path, capsys):
    output, look = tmp_path / "out", tmp_path / "look.html"
    assert main([str(archive.folder), f"--output={output}", f"--triage={look}", model]) == 1  # some files are bad
    errors = capsys.readouterr().err
    assert "Traceback" not in errors
    check(archive, output)
    assert len(pages_in(output)) == len(archive.pages) + len(archive.failing)
    assert all(name in errors for name in archive.left_out[:2])
    for name in archive.failing:
        assert sum(line.startswith(f"error: {name}") for line in errors.splitlines()) == 1
    text = look.read_text(encoding="utf-8")
    assert f"{len(archive.pages) + len(archive.failing)} pages: {len(archive.failing)} could not be read" in text


def test_after_kills_the_job_goes_on_until_every_page_is_there(archive, model, tmp_path):
    command = [sys.executable, "-m", MODULE, str(archive.folder), f"--output={tmp_path / 'out'}", model]
    rng = random.Random(0)
    for attempt in range(3):
        with subprocess.Popen(
            [*command, *["--resume"] * (attempt > 0)], cwd=LAB_DIRNAME, stderr=subprocess.PIPE, text=True
        ) as process:
            stop, seen = rng.randint(5, 30), 0
            for line in process.stderr:
                seen += line.startswith("[")
                if seen == stop:
                    process.kill()
                    break
            process.stderr.read()
    done = subprocess.run([*command, "--resume"], cwd=LAB_DIRNAME, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "pages are read already" in done.stderr
    check(archive, tmp_path / "out")
