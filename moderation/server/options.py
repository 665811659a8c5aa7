"""What the master and its processes are told on their command lines."""

from __future__ import annotations

import argparse
import logging
import time


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that the master hands on to its processes."""
    parser.add_argument("service", help="what makes the service: module:function")
    parser.add_argument("--threads", type=int, default=4, help="threads that answer, a process")
    parser.add_argument("--log-level", default="INFO")
    parser.add_argument("--ssl-certificate", default="", help="speak TLS with this certificate")
    parser.add_argument("--ssl-keyfile", default="", help="the certificate's key")


def log_to_stderr(level: str) -> None:
    """Send every log line of this process to standard error, in UTC."""
    handler = logging.StreamHandler()
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03d+00:00 %(levelname)s %(name)s[%(process)d] %(message)s",
        "%Y-%m-%dT%H:%M:%S",
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
