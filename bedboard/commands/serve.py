"""`bedboard serve`: the board on the database in DATABASE_URL, from one process or from several on one port."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from bedboard.app import build_app
from bedboard.commands.databases import database_url, make_seal, run
from bedboard.commands.failures import Failure
from bedboard.commands.ready import LOOPBACK, Away, settings_to_serve, wrong_in_database
from bedboard.commands.workers import Workers
from bedboard.doorway import make_doorway
from bedboard.figures import Figures, make_memory
from bedboard.live.wire import WEBSOCKET_OPTIONS
from bedboard.log import set_up_log
from bedboard.settings import Settings

KEEP_ALIVE_SECONDS = 75  # longer than a proxy keeps its connections: it must not send a request into one that we close

BEAT_SECONDS = 1.0


def serve(host: str, port: int, workers: int = 1) -> None:
    """Serve the board from so many processes until this one is told to stop. Raises Failure before that, never later."""
    wrong, settings = settings_to_serve()
    if settings.demo and host not in LOOPBACK:
        wrong.append("BEDBOARD_DEMO is set: a demo listens on loopback only, not on --host " + host)
    if settings.audit_head is not None and not os.access(settings.audit_head.parent, os.W_OK):
        wrong.append(f"BEDBOARD_AUDIT_HEAD: this user cannot write into {settings.audit_head.parent}, or it is not there")
    if wrong:
        if settings.database_url is not None:
            try:
                wrong += run(wrong_in_database(settings.database_url, demo=settings.demo))
            except Away as away:
                wrong.append(str(away))
        raise Failure("\n".join(wrong))
    make_seal(settings)
    sockets = listen(host, port)
    # A database that does not answer may come later: the pages say so until then.
    with suppress(Away):
        wrong = run(wrong_in_database(database_url(settings), demo=settings.demo))
    if wrong:
        raise Failure("\n".join(wrong))
    if workers == 1:
        serve_forever(settings, sockets)
    else:
        _serve_from(workers, settings, host, port, sockets)


def _serve_from(workers: int, settings: Settings, host: str, port: int, sockets: list[socket.socket]) -> None:
    """Serve from so many processes, on the address that `sockets` have taken."""
    for taken in sockets:  # nobody else has the port; now take it again in the way that lets workers take it too
        taken.close()
    held = listen(host, port, shared=True)  # also while no worker is running
    set_up_log(settings.log_level)
    memory = make_memory(workers)

    def serve_one(number: int, on_ready: Callable[[], None]) -> None:
        # The cast plays the shelters of the database, so one of it is enough.
        mine = settings if number == 0 else settings.model_copy(update={"cast_speed": 0.0})
        serve_forever(mine, listen(host, port, shared=True), on_ready, Figures(memory, number))

    Workers(workers, serve_one).run()
    for taken in held:
        taken.close()


def listen(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """Take the port on every address of the host. Raises Failure when there is none to be had.

    Nobody is let in yet: that begins when the application is ready. `shared`: other processes of this user may take it too, and
    the kernel spreads the connections among those that let people in (docs/fast.md has the figures).
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise Failure(f"there is no address {host}: {error.strerror or error}") from None
    sockets: list[socket.socket] = []
    refused: list[OSError] = []
    for family, kind, protocol, _, address in dict.fromkeys(found):
        try:
            taken = socket.socket(family, kind, protocol)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
            if family == socket.AF_INET6:
                taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # the IPv4 address has a socket of its own
            taken.bind(address)
            sockets.append(taken)
        except OSError as error:
            refused.append(error)
    in_use = [error for error in refused if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)]
    if in_use or not sockets:
        for taken in sockets:
            taken.close()
        raise Failure(_cannot_listen(host, port, (in_use or refused)[0]))
    return sockets


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use by another program; choose another one with --port"
    return f"cannot listen on {host}, port {port}: {error.strerror or error}"


def serve_forever(
    settings: Settings,
    sockets: list[socket.socket],
    on_ready: Callable[[], None] | None = None,
    figures: Figures | None = None,
) -> None:
    """Serve on sockets that `listen` took. Raises Failure when another program began to listen there after that.

    `on_ready` is called as soon as people are let in, and then each second for as long as the loop runs.
    """
    set_up_log(settings.log_level)
    beating: list[asyncio.Task[None]] = []

    async def notify() -> None:
        if on_ready is not None and not beating:  # uvicorn goes by the clock of the machine, which somebody may set back
            beating.append(asyncio.create_task(_beat(on_ready)))

    config = uvicorn.Config(
        build_app(settings, make_seal(settings), reads_templates=not settings.demo, figures=figures),
        loop="uvloop",
        http=make_doorway(),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        callback_notify=notify,
        **WEBSOCKET_OPTIONS,
    )
    try:
        uvicorn.Server(config).run(sockets=sockets)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        host, port, *_ = sockets[0].getsockname()
        raise Failure(_cannot_listen(host, port, error)) from None


async def _beat(on_beat: Callable[[], None]) -> None:
    """Call this each second until cancelled."""
    while True:
        on_beat()
        await asyncio.sleep(BEAT_SECONDS)
