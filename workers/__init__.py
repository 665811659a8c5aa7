"""Celery's side of the service: the app and thin tasks. Nothing imports it."""
