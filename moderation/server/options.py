"""What the master and its processes are told on their command lines."""

from __future__ import annotations

import argparse

from moderation.logs import FORMS


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that the master hands on to its processes."""
    parser.add_argument("service", help="what makes the service: module:function")
    parser.add_argument("--threads", type=int, default=4, help="threads that answer, a process")
    parser.add_argument("--log-level", default="INFO")
    parser.add_argument("--log-format", default="text", choices=FORMS)
    parser.add_argument("--ssl-certificate", default="", help="speak TLS with this certificate")
    parser.add_argument("--ssl-keyfile", default="", help="the certificate's key")
