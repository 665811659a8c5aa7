"""What can be wrong with a backup, or with where it is put back."""

from moderation.domain.errors import WinnowError


class NotEmpty(WinnowError):
    """What is put back would be mixed with what is there."""


class DamagedBackup(WinnowError):
    """A file is no backup, or not all of one."""
