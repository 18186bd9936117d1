"""Reads pages on a cluster with Ray Data: each worker is an actor that loads the model once.

The pages are split into parts, and the results of a part return together. If a machine of the cluster fails, its parts
are read by the others; a page on which a worker died in each round is reported as failed.
"""

import importlib.util
import logging
import os
import pickle
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from text_recognizer.documents.page_source import PageSource, is_elsewhere
from text_recognizer.recognizer.formats.page_result import PageResult
from text_recognizer.recognizer.jobs.job import tell
from text_recognizer.recognizer.jobs.read_pages import ReadSettings, read_page
from text_recognizer.recognizer.processor import use_one_thread
from text_recognizer.util import UserError

CODE_DIRNAME = Path(__file__).resolve().parents[3]  # on the workers' path, so that they find this package
ADDRESS = "RAY_ADDRESS"  # the environment variable with the address of a cluster
PARTS_PER_WORKER = 4
LARGEST_PART = 16  # pages: more would be read again if a machine fails
ATTEMPTS = 3  # rounds in which no page was read, after which the rest counts as failed
PAUSE = 20  # seconds: so long a cluster takes to notice that a machine is gone


class Reader:
    """A worker: holds the recogniser.

    Parameters
    ----------
    settings
        The settings of reading.
    """

    def __init__(self, settings: ReadSettings) -> None:
        self.recognizer = settings.load()
        self.mode = settings.mode
        use_one_thread()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Read the page in a row of the data set."""
        start = time.perf_counter()
        result = replace(read_page(self.recognizer, pickle.loads(row["page"]), self.mode), open_picture=None)  # noqa: S301
        return {
            "number": row["number"],
            "result": pickle.dumps(result),
            "seconds": time.perf_counter() - start,
        }


def read_on_cluster(
    settings: ReadSettings, pages: Sequence[PageSource], num_workers: int
) -> Iterator[tuple[PageSource, PageResult, float]]:
    """Read pages on the cluster that RAY_ADDRESS names, or on one of this machine; yield them as they are read.

    Raises
    ------
    UserError
        If there is no cluster.
    """
    if settings.artifact_dirname and os.path.isdir(settings.artifact_dirname):
        settings = replace(settings, artifact_dirname=os.path.abspath(settings.artifact_dirname))
    start_ray()
    rest = dict(enumerate(pages))
    num_in_vain = 0
    while rest and num_in_vain < ATTEMPTS:
        before = len(rest)
        for row in _rows(settings, rest, num_workers):
            page = rest.pop(row["number"])
            result = pickle.loads(row["result"])  # noqa: S301  # written by our own worker
            yield page, replace(result, name=page.name, open_picture=page.open_picture), row["seconds"]
        num_in_vain = 0 if len(rest) < before else num_in_vain + 1
        if rest:
            tell(f"note: workers were lost; {len(rest)} pages are read again")
            time.sleep(PAUSE * num_in_vain)
    for page in rest.values():
        yield page, PageResult(page.name, UserError(f"{page.name}: every worker that read it died")), 0.0


def start_ray() -> None:
    """Join the cluster that RAY_ADDRESS names, or begin one on this machine.

    Raises
    ------
    UserError
        If Ray is not installed, or there is no cluster at the address.
    """
    check_ray()
    import ray

    if ray.is_initialized():
        return
    paths = [str(CODE_DIRNAME), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {"env_vars": {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}}
    own: dict[str, Any] = {} if os.environ.get(ADDRESS) else {"address": "local", "include_dashboard": False}
    try:
        ray.init(runtime_env=environment, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (ConnectionError, ValueError) as error:
        raise UserError(
            f"{ADDRESS}={os.environ.get(ADDRESS)}: no Ray there ({str(error).splitlines()[0]}). Type: "
            f"ray start --head, or unset {ADDRESS}"
        ) from None


def check_ray() -> None:
    """Refuse to go on if Ray Data is not installed."""
    missing = [name for name in ("ray", "pyarrow", "pandas") if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f'--engine=ray: {", ".join(missing)} not installed. Type: python -m pip install "ray[data]"')


def part_size(num_pages: int, num_workers: int) -> int:
    """Return the number of pages in a part."""
    return max(1, min(LARGEST_PART, num_pages // (PARTS_PER_WORKER * num_workers)))


def _rows(settings: ReadSettings, pages: dict[int, PageSource], num_workers: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of one round; those that were on a machine that failed are missing."""
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1  # parts whose worker died are left out, and read in the next round
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    rows = [{"number": number, "page": pickle.dumps(_absolute(page))} for number, page in pages.items()]
    parts = -(-len(rows) // part_size(len(rows), num_workers))
    read = ray.data.from_items(rows, override_num_blocks=parts).map(
        Reader,
        fn_constructor_args=(settings,),
        compute=ActorPoolStrategy(
            min_size=1, max_size=num_workers, initial_size=num_workers, max_tasks_in_flight_per_actor=2
        ),
        num_cpus=1,
        # A part is not tried again in the same round: without a free processor it would wait for one for ever.
        ray_remote_args_fn=lambda: {"max_restarts": -1, "max_task_retries": 0, "scheduling_strategy": "SPREAD"},
    )
    try:
        yield from read.iter_rows()
    except ray.exceptions.RayError as error:
        tell(f"note: {str(error).splitlines()[0]}")


def _absolute(page: PageSource) -> PageSource:
    """Return a page whose file is found from any working directory."""
    return page if is_elsewhere(page.file) else replace(page, file=os.path.abspath(page.file))
