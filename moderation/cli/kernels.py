"""Compiles the classifier's kernels into numba's cache on disk, so that no verdict waits for it.

Run as `python -m moderation.cli.kernels`, by `make setup` and when the image is built.
"""

import classifier


def compile_kernels() -> None:
    """Load the shipped model and make it score, give reasons, learn and explain once."""
    model = classifier.Model.load()
    learner = classifier.Learner(model)
    learner.learn(classifier.Row(text="Thanks, this fixed my build."), "ham")
    learner.keep(classifier.Row(text="The second photo shows the old lens."), 1.0)
    model.score([classifier.Row(text="Thanks, this fixed my build.")], learner).reasons(0)
    classifier.explain(model, classifier.Row(text="Thanks, this fixed my build."), learner)


if __name__ == "__main__":
    compile_kernels()
