"""Everything that is kept. The only package that knows Redis, its keys and its scripts."""

from moderation.store.client import Store
from moderation.store.hurry import hurried

__all__ = ["Store", "hurried"]
