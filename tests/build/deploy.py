"""A deployment as docs/deploy.md makes it: its commands, in folders of its own, on a PostgreSQL that asks for passwords."""

import asyncio
import base64
import hashlib
import ipaddress
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bedboard import embedded
from tests.build import PATIENCE
from tests.build.processes import ROOT, environment, free_port
from tests.build.site import TRUST

PAGE = ROOT / "docs" / "deploy.md"
EXAMPLES = ROOT / "docs" / "deploy"
NAME = "bedboard.example"
OURS = ("/etc/bedboard", "/opt/bedboard", "/var/backups/bedboard", "/var/lib/bedboard-trail")


def blocks(language: str = "sh") -> dict[str, list[str]]:
    """Return the blocks of the page in this language, by the heading above them."""
    found: dict[str, list[str]] = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading = section.partition("\n")[0]
        found[heading] = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return found


@dataclass
class Deployment:
    """Folders in the place of those on the page, a server of the database, two ports, and a port that speaks TLS."""

    folder: Path
    server: embedded.Embedded
    ports: tuple[int, int]
    tls_port: int

    def placed(self, text: str) -> str:
        """Return the text with our folders, sockets and ports in the place of those on the page."""
        for path in OURS:
            text = re.sub(rf"{path}(?=[/\s\"]|$)", f"{self.folder}{path}", text)
        host = self.server.url.partition("?")[2].partition("&")[0]  # the page's files are read by a shell too
        text = text.replace("@localhost/bedboard", f"@/bedboard?{host}")
        return text.replace("127.0.0.1:8001", f"127.0.0.1:{self.ports[0]}").replace(
            "127.0.0.1:8002", f"127.0.0.1:{self.ports[1]}"
        )

    def path(self, name: str) -> Path:
        return Path(f"{self.folder}{name}")

    def run(self, block: str) -> str:
        """Run a block of the page with bash, as somebody pastes it, and return what it printed."""
        tools = f"{self.folder}/tools:{os.environ['PATH']}"
        ran = subprocess.run(
            ["/usr/bin/env", "bash", "-euo", "pipefail", "-c", self.placed(block)],
            cwd=ROOT,
            env=environment(PATH=tools, CURL_HOME=str(self.folder)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    @property
    def started_by(self) -> str:
        """The command that the unit of systemd gives for a process."""
        unit = (EXAMPLES / "bedboard@.service").read_text(encoding="utf-8")
        [command] = re.findall("^ExecStart=(.*)$", unit, re.MULTILINE)
        return str(command)

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[subprocess.Popen[bytes]]:
        """One process, started as the unit does it; ended with SIGTERM, as systemd does it."""
        script = f"set -a; . /etc/bedboard/serve.env; set +a; exec {self.started_by.replace('%i', str(port))}"
        with (self.folder / f"log-{port}").open("ab") as log:
            process = subprocess.Popen(  # noqa: ASYNC220
                ["/usr/bin/env", "bash", "-euc", self.placed(script)], cwd="/", env=environment(), stdout=log, stderr=log
            )
        try:
            async with asyncio.timeout(PATIENCE), httpx.AsyncClient(verify=TRUST) as client:
                while True:
                    assert process.poll() is None, (self.folder / f"log-{port}").read_text()
                    with suppress(httpx.TransportError):
                        if (await client.get(f"http://127.0.0.1:{port}/health")).status_code == 200:
                            break
                    await asyncio.sleep(0.05)
            yield process
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 20)

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))

    def client(self) -> httpx.AsyncClient:
        """A browser without scripts at the public address, behind TLS."""
        return httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{self.tls_port}",
            verify=self.trust,
            headers={"Host": NAME, "Origin": f"https://{NAME}", "Connection": "close"},
            timeout=PATIENCE,
        )

    @property
    def key_hash(self) -> str:
        """The hash by which Chromium takes our certificate for a right one."""
        certificate = x509.load_pem_x509_certificate((self.folder / "certificate.pem").read_bytes())
        public = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(hashlib.sha256(public).digest()).decode()


def write_certificate(folder: Path) -> None:
    """Write a certificate for the name on the page, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    kind = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*kind))


@contextmanager
def deployment() -> Iterator[Deployment]:
    """Yield an empty machine: a server of the database that asks for passwords, and a `sudo` that stays who it is."""
    folder = Path(tempfile.mkdtemp(prefix="bedboard-deploy-"))
    folder.chmod(0o755)
    server = embedded.start(folder / "data")
    try:
        rules = server.place / "pgdata" / "pg_hba.conf"
        rules.write_text("local all bedboard trust\nlocal all all scram-sha-256\n")
        server.stop()
        server = embedded.start(folder / "data")
        made = Deployment(folder, server, (free_port(), free_port()), free_port())
        for path in OURS:
            made.path(path).mkdir(parents=True)
        for version in ("0.1.0", "0.2.0", "current"):
            made.path(f"/opt/bedboard/{version}").symlink_to(Path(sys.executable).parents[1])
        write_certificate(folder)
        _write_tools(made)
        yield made
    finally:
        server.discard()
        shutil.rmtree(folder)


def _write_tools(made: Deployment) -> None:
    tools = made.folder / "tools"
    tools.mkdir()
    host = made.server.url.partition("host=")[2].partition("&")[0]
    bundled = embedded.bundled_programs()
    scripts = {
        "sudo": 'shift 2\nexec "$@"',
        "psql": f'export PGHOST={host.replace("%2F", "/")} PGUSER=bedboard PGDATABASE=postgres\nexec {bundled}/psql "$@"',
    }
    if shutil.which("curl") is None:
        file, url = made.folder / "certificate.pem", f"https://127.0.0.1:{made.tls_port}/health"
        get = f"import httpx, ssl; print(httpx.get('{url}', verify=ssl.create_default_context(cafile='{file}')).text, end='')"
        scripts["curl"] = f'exec {sys.executable} -c "{get}"'
    for name, script in scripts.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    connect = f'connect-to = "{NAME}:443:127.0.0.1:{made.tls_port}"\ncacert = "{made.folder}/certificate.pem"\n'
    (made.folder / ".curlrc").write_text(connect)
