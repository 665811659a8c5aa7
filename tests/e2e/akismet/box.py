"""Inside a network and mount namespace of its own: Winnow as rest.akismet.com, on ports 80 and 443.

Started by conftest.py through unshare(1); the names exist nowhere but in here. Arguments: a hosts
file, a certificate, its key; then the command line of the web server.
"""

import fcntl
import socket
import struct
import subprocess
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh22x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(probe, SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))


def main() -> None:
    hosts, certificate, key, *web = sys.argv[1:]
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    raise_loopback()
    at = web.index("--port") + 1
    secure = ["--ssl-certificate", certificate, "--ssl-keyfile", key]
    servers = []
    for port, more in (("80", []), ("443", secure)):
        web[at] = port
        servers.append(subprocess.Popen([*web, *more]))
    for server in servers:
        server.wait()


main()
