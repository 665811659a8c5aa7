"""A web server on loopback that tests tell what to answer."""

from __future__ import annotations

import http.server
import json
import threading
from typing import Any
from urllib.parse import parse_qs


class Site:
    """A web server on loopback that answers as told and keeps what it was sent."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: Any = b"ok"
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                site.heard.append((self.path, dict(self.headers), self.rfile.read(length)))
                body = site.body(site.heard[-1][2]) if callable(site.body) else site.body
                self.send_response(site.status)
                for name, value in site.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def told_well(sent: bytes) -> bytes:
    """Return what WordPress answers to word back that it could follow."""
    guid = parse_qs(sent.decode())["comments[0][guid]"][0]
    return json.dumps({"comments": {guid: {"status": "success"}}}).encode()
