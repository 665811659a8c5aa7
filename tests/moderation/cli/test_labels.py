"""`labels`: what somebody taught is shown and withdrawn by an operator at the machine."""

from __future__ import annotations

from moderation.flow import jobs
from moderation.flow.lookup import find
from moderation.flow.runtime import Runtime
from tests.moderation.cli.conftest import Winnow
from tests.moderation.flow.models.taught import teach_site


def test_what_a_key_taught_is_shown_and_then_withdrawn_as_a_job(
    prepared: dict[str, str], winnow: Winnow, runtime: Runtime
) -> None:
    (kept,) = teach_site(runtime, "demo", 1)
    ids = teach_site(runtime, "demo", 5, start=1, by="token:plugin")
    words = ("labels", "withdraw", "--by", "token:plugin", "--since", "2026-11-20")
    shown = winnow(*words, "--dry-run")
    rows = {
        line.rsplit(maxsplit=1)[0].strip(): line.split()[-1] for line in shown.splitlines()[1:5]
    }
    assert rows == {"all": "5", "ham": "2", "spam": "3", "on demo": "5"}
    assert [line.strip() for line in shown.splitlines()[6:]] == ids[::-1]
    assert all(find(runtime, "demo", one).decision for one in ids), "a dry run changes nothing"
    assert "withdrawn: 5" in winnow(*words, "--site", "demo", "--note", "a stolen key")
    assert not any(find(runtime, "demo", one).decision for one in ids)
    assert find(runtime, "demo", kept).decision is not None
    (job,) = jobs.page(runtime, kind="withdrawal").jobs
    assert (job.state, job.by, job.total) == ("succeeded", "command line", 5)
    assert "all" in winnow(*words)  # Nothing is left: nothing is done.
    assert len(jobs.page(runtime, kind="withdrawal").jobs) == 1


def test_times_bound_what_goes_and_wrong_ones_are_refused(
    prepared: dict[str, str], winnow: Winnow, runtime: Runtime
) -> None:
    teach_site(runtime, "demo", 3, by="eve")
    words = ("labels", "withdraw", "--by", "eve", "--dry-run", "--since")
    assert winnow(*words, "2100-01-01T00:00:00+02:00").splitlines()[1].split()[-1] == "0"
    before = winnow(*words, "2020-01-01", "--until", "2021-01-01T00:00:00Z")
    assert before.splitlines()[1].split()[-1] == "0"
    assert "is not after" in winnow(*words, "2021-01-01", "--until", "2020-01-01", status=1)
    assert "no site of this name" in winnow(*words, "2021-01-01", "--site", "no", status=1)
