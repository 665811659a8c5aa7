"""Backups: what an installation or a site knows, as of one moment, and putting it back.

`pieces` is the form in which keys leave and come, `changed` knows which ones are written meanwhile,
`copying` reads a store, `restoring` fills one.
"""
