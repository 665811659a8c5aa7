"""Where cross-validation runs: in this process, in several, or on a Dask cluster."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

CONNECT_SECONDS = 10
"""How long a cluster has to answer."""


class NoCluster(Exception):
    """There is no cluster to work on; the message says why."""


def add_parallel(command: argparse.ArgumentParser) -> None:
    """Add the choice of where parts that are left out are fitted."""
    command.add_argument(
        "--jobs",
        type=_jobs,
        metavar="N",
        default=1,
        help="cross-validate in N processes; 0: one for each core (default: %(default)s)",
    )
    command.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="cross-validate on a Dask cluster: its scheduler's address, such as tcp://10.0.0.5:8786",
    )


def _jobs(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


@contextmanager
def spread(options: argparse.Namespace) -> Iterator[None]:
    """Cross-validate as the options say, for as long as this lasts.

    Raises:
        NoCluster: the cluster does not answer, has no worker, or Dask is not installed.
    """
    import joblib

    if options.dask is None:
        with joblib.parallel_config(n_jobs=options.jobs or -1):
            yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise NoCluster("--dask needs the extra `dask`: pip install 'winnow[dask]'") from None
    try:
        client = Client(options.dask, timeout=CONNECT_SECONDS, set_as_default=False)
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError):
        raise NoCluster(
            f"no Dask cluster with a worker answers there within {CONNECT_SECONDS} s"
        ) from None
    with client, joblib.parallel_config(backend="dask", client=client):
        yield
