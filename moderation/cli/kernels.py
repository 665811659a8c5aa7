"""Compiles the classifier's kernels into numba's cache on disk, so that no verdict waits for it.

Run as `python -m moderation.cli.kernels`, by `make setup` and when the image is built.
"""

import classifier


def compile_kernels() -> None:
    """Load the shipped model and make it score, learn and explain once."""
    classifier.warm()


if __name__ == "__main__":
    compile_kernels()
