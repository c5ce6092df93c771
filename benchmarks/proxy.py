"""The processes of a deployment: nginx before those of the pages and of the sockets."""

import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chatproject.development.server import end_with_parent, free_port

from .http_servers import OURS
from .meter import FOLDER, Server
from .socket_servers import FRAMES, uvicorn
from .stage import Contender, serving

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
SOCKETS = Contender("ours-sockets", uvicorn("chatproject.asgi:application", FRAMES))
# As in docs/deployment.md, without TLS.
CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 1024; }}
http {{
    access_log off; include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
    map $http_upgrade $chat {{ default sockets; "" pages; }}
    upstream pages {{ server 127.0.0.1:{pages}; }}
    upstream sockets {{ server 127.0.0.1:{sockets}; }}
    server {{
        listen 127.0.0.1:{port};
        gzip on; gzip_vary on; gzip_proxied any; gzip_comp_level 4; gzip_min_length 1024;
        gzip_types application/json application/vnd.oai.openapi;
        location /static/ {{ alias {static}/; gzip_static on; expires 1y; }}
        location / {{
            proxy_pass http://$chat; proxy_http_version 1.1; proxy_read_timeout 120s;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto http;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Deployment:
    """A running one."""

    url: str
    port: int
    server: Server  # pages, sockets and nginx as one


@contextmanager
def deployed(environment: Mapping[str, str], static: Path) -> Iterator[Deployment]:
    """Run everything on the server's core."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **environment,
        "ORIGINS": url,
        "TRUSTED_PROXIES": "1",
        "STATIC_ROOT": str(static),
    }
    with ExitStack() as stack:
        pages, sockets = (
            stack.enter_context(serving(contender, environment)) for contender in (OURS, SOCKETS)
        )
        ports = {"port": port, "pages": pages.port, "sockets": sockets.port}
        nginx = stack.enter_context(_nginx(static=static, **ports))
        yield Deployment(url, port, nginx + pages + sockets)


@contextmanager
def _nginx(**places: object) -> Iterator[Server]:
    folder = FOLDER / "nginx"
    folder.mkdir(exist_ok=True)
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, **places))
    command = [NGINX, "-e", str(folder / "log"), "-c", str(file)]
    process = subprocess.Popen(command, preexec_fn=end_with_parent)
    try:
        time.sleep(0.5)
        yield Server([process.pid], [int(str(places["port"]))])
    finally:
        process.terminate()
        process.wait()
