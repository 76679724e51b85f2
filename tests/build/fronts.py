"""TLS in front of the processes of a deployment: a few lines of our own, and Caddy and nginx with their examples."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.build import PATIENCE
from tests.build.deploy import EXAMPLES, NAME, Deployment
from tests.build.processes import environment, free_port

PROXIES = [name for name in ("caddy", "nginx") if shutil.which(name)]
"""Those with an example that this machine has."""
FRONTS = ["plain", *PROXIES]


@asynccontextmanager
async def front(made: Deployment, kind: str) -> AsyncIterator[None]:
    """Speak TLS on the deployment's port, and pass everything on to one of its processes."""
    async with plain_front(made) if kind == "plain" else proxy(made, kind):
        yield


@asynccontextmanager
async def plain_front(made: Deployment) -> AsyncIterator[None]:
    """Pass the bytes of each connection on to the first process that answers."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while octets := await reader.read(65_536):
                writer.write(octets)
                await writer.drain()
        with suppress(OSError):
            writer.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in made.ports:
            with suppress(OSError):
                inner, outer = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(copy(reader, outer), copy(inner, writer))
                return
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.folder / "certificate.pem", made.folder / "key.pem")
    server = await asyncio.start_server(pass_on, "127.0.0.1", made.tls_port, ssl=context)
    try:
        yield
    finally:
        server.close()


def example(made: Deployment, kind: str) -> tuple[Path, list[str]]:
    """Write the example of a proxy with our ports and certificate into a file; return it, and the command that takes it."""
    certificate, key = made.folder / "certificate.pem", made.folder / "key.pem"
    file = made.folder / kind
    text = made.placed((EXAMPLES / ("Caddyfile" if kind == "caddy" else "nginx.conf")).read_text(encoding="utf-8"))
    if kind == "caddy":
        text = text.replace("{\n", "{\n\tadmin off\n\tauto_https disable_redirects\n", 1)
        text = text.replace(f"\n{NAME} {{\n", f"\nhttps://{NAME}:{made.tls_port} {{\n\ttls {certificate} {key}\n")
        file.write_text(text)
        return file, ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{made.tls_port} ssl").replace(
        "listen 80;", f"listen 127.0.0.1:{free_port()};"
    )
    text = text.replace(f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(certificate))
    text = text.replace(f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(key))
    temporary = "".join(
        f"{kind}_temp_path {made.folder}/nginx-{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # In its own file the example is a part of the block "http".
    file.write_text(f"events {{}}\npid {made.folder}/nginx.pid;\nhttp {{\n{temporary}{text}\n}}\n")
    return file, ["nginx", "-e", "stderr", "-p", str(made.folder), "-c", str(file), "-g", "daemon off;"]


@asynccontextmanager
async def proxy(made: Deployment, kind: str) -> AsyncIterator[None]:
    """Run Caddy or nginx with its example."""
    _, command = example(made, kind)
    with (made.folder / f"log-{kind}").open("wb") as log:
        running = subprocess.Popen(  # noqa: ASYNC220
            command, env=environment(HOME=str(made.folder)), stdout=log, stderr=log
        )
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                assert running.poll() is None, (made.folder / f"log-{kind}").read_text()
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", made.tls_port)
                    writer.close()
                    break
                await asyncio.sleep(0.05)
        yield
    finally:
        running.terminate()
        await asyncio.to_thread(running.wait, 20)
