"""Runs the tests of all labs, two labs at a time; slow tests run only in the lab that owns their file.

python tools/run_tests.py            # all labs
python tools/run_tests.py lab1 lab2  # these
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[1]
NUM_LABS_AT_ONCE = 2
# Each lab gets one core: two labs that each use both would only get in each other's way.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def owned_tests(lab: str) -> list[str]:
    """Return the test files that are hand-written in a lab."""
    command = [sys.executable, "tools/labs.py", "owned", lab]
    result = subprocess.run(command, cwd=REPOSITORY_DIRNAME, capture_output=True, text=True, check=True)
    return result.stdout.split()


def test_lab(lab: str) -> subprocess.CompletedProcess[str]:
    """Run a lab's tests as a student would, from the lab's directory and without PYTHONPATH."""
    owned = owned_tests(lab)
    command = [sys.executable, "-m", "pytest", "-q", "tests", *(["--slow", *owned] if owned else [])]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | ENVIRONMENT
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run(command, cwd=REPOSITORY_DIRNAME / lab, env=environment, text=True, **pipe)  # type: ignore[call-overload]


def main() -> int:
    """Print each lab's results as it ends; return 1 if any lab failed."""
    labs = sys.argv[1:] or sorted(path.parent.name for path in REPOSITORY_DIRNAME.glob("lab*/text_recognizer"))
    failed = []
    with ThreadPoolExecutor(NUM_LABS_AT_ONCE) as pool:
        for lab, result in zip(labs, pool.map(test_lab, labs), strict=True):
            print(f"== {lab}\n{result.stdout}", flush=True)
            if result.returncode:
                failed.append(lab)
    print(f"failed: {', '.join(failed)}" if failed else f"all tests of {', '.join(labs)} passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
