"""The web server: sockets by asyncio, HTTP/1.1 by httptools, and bounds on what clients may hold.

Requests are read whole before a thread answers them, so that whoever sends slowly, or nothing,
costs a connection and never a thread. `python -m moderation.server` is a master that keeps
processes running; each of them (`process`) accepts connections (`connection`) from one listening
socket, keeps count of what is held for them (`bounds`), and has a WSGI application answer in its
threads (`threads`, `answering`). It knows nothing of moderation but what a `Service` tells it.
"""
