"""A comment while it is checked: what is made of it is made once, however often it is judged."""

from __future__ import annotations

from msgspec.structs import replace

from moderation import faults
from moderation.domain.comments import Comment, Status, Submission
from moderation.domain.errors import WinnowError
from moderation.domain.known import NOTHING_KNOWN
from moderation.domain.policy import effective_status, of_partly_read, unscored
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import Verdict
from moderation.flow.drafts import fresh_comment, handed_over
from moderation.flow.judging import Scored, SiteContext, judge_all, score_all
from moderation.flow.knowing import is_asked, look, with_signals
from moderation.flow.labels import learning
from moderation.flow.marks import author_mark, likeness
from moderation.flow.runtime import Runtime
from moderation.flow.sampling import drawn
from moderation.store import codec, together
from moderation.store.comments import accepting
from moderation.store.signals import Signals
from moderation.store.sites import SiteState


class Draft:
    """A comment that is judged by the state of its site, and by it anew where that was another.

    `missed` is the reason why not all of it was read, '' where it was; `is_counted` says whether it
    counts among its authors' and among those like it.
    """

    __slots__ = (
        "_context", "_encoded", "_is_counted", "_is_looked_up", "_known", "_mark", "_missed",
        "_runtime", "_scored", "_site", "_state", "_submission", "raw_id",
    )  # fmt: skip

    def __init__(
        self,
        runtime: Runtime,
        site: str,
        submission: Submission,
        raw_id: bytes,
        missed: str = "",
        *,
        is_counted: bool = True,
    ) -> None:
        self.raw_id = raw_id
        self._runtime = runtime
        self._site = site
        self._submission = submission
        self._missed = missed
        self._is_counted = is_counted
        self._known = NOTHING_KNOWN
        self._is_looked_up = False
        self._state: SiteState | None = None
        self._context: SiteContext | None = None
        self._scored: Scored | None = None
        self._encoded = b""
        self._mark: tuple[bool, bytes] | None = None

    def score(self, state: SiteState) -> None:
        """Score it by the state of its site, unless that was done by this very state.

        Raises:
            WinnowError: the store does not answer. Where anything else fails it cannot be judged.
        """
        if state == self._state:
            return
        self._state, self._context, self._scored = state, None, None
        try:
            context = learning.context(self._runtime, self._site, state)
            self._scored = together.share(score_all, (self._submission, context))
            self._context = context
        except WinnowError:
            raise
        except Exception as error:
            faults.say("the scoring of a comment", error)

    def asks(self) -> bool:
        """Say whether something is to be known of it before it is judged.

        Reputations and campaigns alone are looked for where the verdict is written: most comments
        have none, and make one trip. Only where a site began to ask for them between two trips is
        one made for them: it was written without.
        """
        if self._context is None or self._is_looked_up:
            return False
        settings = self._context.settings
        is_unasked = not self._is_counted or (self._mark is not None and not self._mark[0])
        return is_asked(settings) or (settings.reputation and is_unasked)

    def look(self) -> SiteState:
        """Get to know what is asked; return the state of its site as it is then."""
        settings = self._settings()
        mark = self._mark_of(settings)
        self._is_looked_up = True
        state, self._known = look(
            self._runtime, self._site, mark, settings, self.raw_id,
            is_counted=self._is_counted, external_id=self._submission.external_id,
        )  # fmt: skip
        return state

    def know(self, signals: Signals) -> None:
        """Judge it from now on with what the store knows of it besides."""
        self._known = with_signals(self._known, signals)

    def judged(self) -> tuple[Comment, SiteSettings]:
        """Return it with its verdict, and the settings that made it; held where it has no score."""
        settings = self._settings()
        verdict = self._verdict()
        status = effective_status(verdict, settings)
        verdict = drawn(self._runtime.secret, self.raw_id, verdict, status, settings)
        return fresh_comment(self._site, self._submission, verdict, status, self.raw_id), settings

    def _verdict(self) -> Verdict:
        if self._scored is not None and self._context is not None:
            context = self._context
            if self._known is not NOTHING_KNOWN:
                context = replace(context, known=self._known)
            try:
                verdict = judge_all([(self._submission, context)], [self._scored])[0]
                return of_partly_read(verdict, self._missed) if self._missed else verdict
            except Exception as error:
                faults.say("the judging of a comment", error)
                self._scored = None
        return unscored("", self._revision())

    def _settings(self) -> SiteSettings:
        if self._context is not None:
            return self._context.settings
        return self._runtime.site_settings(self._site, self._revision())

    def _revision(self) -> int:
        return 0 if self._state is None else self._state.settings

    def write(self, comment: Comment, settings: SiteSettings) -> accepting.Write:
        """Return how it is handed to the store."""
        encoded = self._encoded = self._encoded or codec.encode(self._submission)
        return handed_over(
            self._runtime, self.raw_id, self._submission.external_id, encoded,
            comment.verdict, comment.status,
            (self._mark_of(settings), self._alike(comment.status)),
        )  # fmt: skip

    def _mark_of(self, settings: SiteSettings) -> bytes:
        if self._mark is None or self._mark[0] != settings.reputation:
            like = None
            if settings.reputation:
                like = b"" if self._scored is None else self._scored.like
            mark = author_mark(
                self._runtime.secret, self._submission, codec.id_ms(self.raw_id), like
            )
            self._mark = settings.reputation, mark
        return self._mark[1]

    def _alike(self, status: Status) -> bytes:
        """Return the mark of what is like it, b"" where it is not held.

        Only what was scored is read for its likeness: what could not be may be what ends processes.
        """
        if status != "held" or self._scored is None:
            return b""
        return self._scored.like or likeness(self._submission)


def unrecorded(comment: Comment) -> Comment:
    """Return a comment as one that is kept nowhere, and so is not drawn to be looked at."""
    comment.id = ""
    if comment.verdict is not None:
        comment.verdict = replace(comment.verdict, audit=None)
    return comment
