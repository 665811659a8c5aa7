"""Telling sites what happens, at the addresses that they gave for it (Standard Webhooks)."""
