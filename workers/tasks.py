"""The tasks: a name, a queue, one call into the flow."""

from moderation.flow import jobs
from moderation.flow.comments import draining, trimming
from moderation.flow.labels import compacting, importing, rebuilding, withdrawing
from moderation.flow.models import rescoring, shadow, working
from moderation.flow.privacy import erasing
from moderation.flow.review import bulk
from moderation.flow.sites import digest, fetching, removing
from moderation.flow.tasks import (
    COMPACT,
    DECIDE_TOGETHER,
    ERASE_PERSON,
    FETCH_LISTS,
    IMPORT_HISTORY,
    LOOK_ON,
    REBUILD_LEARNER,
    REMOVE_SITE,
    RESCORE,
    SCORE_INBOX,
    SEND_DIGESTS,
    SEND_WEBHOOKS,
    SWEEP,
    TELL_SITE,
    TEND_JOBS,
    TRAIN,
    TRAIN_NIGHTLY,
    TRIM,
    WITHDRAW,
)
from workers.app import app
from workers.process import runtime, senders, tellers


@app.task(name=SCORE_INBOX)
def score_inbox(lane: int) -> None:
    """Score what waits in a lane's inbox streams."""
    draining.drain_lane(runtime(), lane)


@app.task(name=SWEEP)
def sweep() -> None:
    """Ring the bell of every lane whose streams hold what nobody is draining."""
    draining.sweep(runtime())


@app.task(name=TRIM)
def trim_store() -> None:
    """Take out of the indexes what has expired."""
    trimming.trim(runtime())


@app.task(name=REBUILD_LEARNER)
def rebuild_learner(site: str) -> None:
    """Make a site's learner anew from its labels."""
    rebuilding.rebuild(runtime(), site)


@app.task(name=TELL_SITE)
def tell_site(site: str, comment: str) -> None:
    """Tell a site that a person decided otherwise than it was answered."""
    tellers().tell(site, comment)


@app.task(name=SEND_WEBHOOKS)
def send_webhooks() -> None:
    """Have webhooks told of what waits for them."""
    senders().look()


@app.task(name=TEND_JOBS)
def tend_jobs() -> None:
    """See to jobs whose process died."""
    jobs.tend(runtime())


@app.task(name=IMPORT_HISTORY)
def import_history(job: str) -> None:
    """Have a process of its own import what was sent."""
    importing.launch(runtime(), job)


@app.task(name=TRAIN)
def train(job: str) -> None:
    """Have a process of its own train, or judge a candidate."""
    working.launch(runtime(), job)


@app.task(name=TRAIN_NIGHTLY)
def train_nightly() -> None:
    """Ask for a training, as every night."""
    working.ask_training(runtime(), "nightly")


@app.task(name=WITHDRAW)
def withdraw_labels(job: str) -> None:
    """Withdraw what somebody taught."""
    withdrawing.work_on(runtime(), job)


@app.task(name=DECIDE_TOGETHER)
def decide_together(job: str) -> None:
    """Decide the comments that somebody ticked."""
    bulk.work_on(runtime(), job)


@app.task(name=COMPACT)
def compact_labels(job: str) -> None:
    """Take out of label logs what counts no longer."""
    compacting.work_on(runtime(), job)


@app.task(name=RESCORE)
def rescore_held(job: str) -> None:
    """Judge anew what is held."""
    rescoring.work_on(runtime(), job)


@app.task(name=LOOK_ON)
def look_on() -> None:
    """Have a candidate score the newest comments."""
    shadow.look(runtime())


@app.task(name=SEND_DIGESTS)
def send_digests() -> None:
    """Send the digests by mail that are due."""
    digest.send(runtime())


@app.task(name=FETCH_LISTS)
def fetch_lists() -> None:
    """Fetch the lists that sites subscribed to and that are due."""
    fetching.fetch_due(runtime())


@app.task(name=REMOVE_SITE)
def remove_site(job: str) -> None:
    """Remove a site with all that is its."""
    removing.work_on(runtime(), job)


@app.task(name=ERASE_PERSON)
def erase_person(job: str) -> None:
    """Erase a person who writes."""
    erasing.work_on(runtime(), job)
