"""Celery's side of the service: the app, queue names and thin tasks. Nothing imports it."""
