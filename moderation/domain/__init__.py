"""What Winnow talks about: comments, verdicts, decisions, sites and accounts.

Plain structs and functions. Nothing here knows Flask, Celery or Redis.
"""
