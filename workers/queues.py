"""The queues' names, in one place."""

#: Bells of the lanes and the sweep: short, and someone is waiting for a verdict.
SCORE = "winnow.score"
#: Everything that may take longer than a few seconds.
JOBS = "winnow.jobs"

ALL = (SCORE, JOBS)
