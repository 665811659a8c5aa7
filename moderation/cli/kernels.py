"""Compiles the classifier's kernels into numba's cache on disk, so that no verdict waits for it.

Run as `python -m moderation.cli.kernels`, by `make setup`, when the image is built, and by whatever
starts web processes or workers in a folder for which they are not compiled yet.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping

import classifier
from classifier import kernel_cache

SAY_SECONDS = 10.0
ROW = classifier.Row(
    text="Thanks, this fixed my build: v&#105;agra <b>a</b> \u202eabc\u202c v i a g r a",
    author="Ada",
    url="https://ada.example/engine",
    email="ada@mail.example",
    permalink="https://blog.example/build",
    lang="en",
    type="comment",
    context=["How to fix a build"],
    honeypot="",
    form_ms=9000,
)
"""Every field, and text in every disguise: what reads them is compiled too."""
COMMAND = [sys.executable, "-m", "moderation.cli.kernels"]


def compile_kernels() -> None:
    """Load the shipped model and make it score, give reasons, learn, keep and explain once."""
    with kernel_cache.one_compiles():
        model = classifier.Model.load()
        learner = classifier.Learner(model)
        learner.learn(classifier.for_training(ROW), "ham")
        learner.keep(classifier.Row(text="The second photo shows the old lens."), 1.0)
        model.score([ROW], learner).reasons(0)
        classifier.explain(model, ROW, learner)
        classifier.marks_of([ROW.text])
        kernel_cache.mark_compiled()


def prepare(env: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Have the kernels compiled before anything is started that needs them, and say how it goes.

    Who starts them finds out by itself what is wrong where that fails.
    """
    if kernel_cache.is_compiled():
        return
    say("compiling the filter for this folder, once: about a minute on a quiet machine")
    began = time.monotonic()
    work = subprocess.Popen(COMMAND, env=dict(env))
    try:
        while True:
            try:
                work.wait(SAY_SECONDS)
                break
            except subprocess.TimeoutExpired:
                passed = time.monotonic() - began
                say(f"compiling: {kernel_cache.count()} kernels after {passed:.0f} s")
    finally:
        if work.poll() is None:
            work.terminate()
            work.wait()
    if work.returncode == 0:
        say(f"compiled in {time.monotonic() - began:.0f} s")
    else:
        say(f"compiling failed with status {work.returncode}")


if __name__ == "__main__":
    compile_kernels()
