"""A MariaDB of the test's own: its folder, its socket, no network."""

import getpass
import os
import subprocess
from pathlib import Path

from tests.processes import Running


class Database(Running):
    """A running MariaDB with an empty database `wordpress` and root without a password."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "db.sock"
        data = folder / "db"
        user = f"--user={getpass.getuser()}"
        made = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        command = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", user, *made]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        start = folder / "start.sql"
        start.write_text("CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4;\n")
        super().__init__(
            [
                "mariadbd",
                "--no-defaults",
                user,
                f"--datadir={data}",
                f"--socket={self.socket}",
                f"--pid-file={folder / 'db.pid'}",
                f"--init-file={start}",
                "--skip-networking",
                "--skip-name-resolve",
                "--innodb-buffer-pool-size=32M",
                # The data lives as long as the test.
                "--innodb-flush-log-at-trx-commit=0",
            ],
            os.environ,
        )
        self.says("ready for connections", 40)
