"""The tasks: a name, a queue, one call into the flow."""

from moderation.flow import drain, learn, trim
from workers.app import app
from workers.process import runtime


@app.task(name="workers.score_inbox")
def score_inbox(lane: int) -> None:
    """Score what waits in a lane's inbox streams."""
    drain.drain_lane(runtime(), lane)


@app.task(name="workers.sweep")
def sweep() -> None:
    """Ring the bell of every lane whose streams hold what nobody is draining."""
    drain.sweep(runtime())


@app.task(name="workers.trim")
def trim_store() -> None:
    """Take out of the indexes what has expired."""
    trim.trim(runtime())


# Delivered again when its worker was killed; rebuilding twice gives the same learner.
@app.task(name="workers.rebuild_learner", acks_late=True, reject_on_worker_lost=True)
def rebuild_learner(site: str) -> None:
    """Make a site's learner anew from its labels."""
    learn.rebuild(runtime(), site)
