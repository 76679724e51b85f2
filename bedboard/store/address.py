"""The address of the database, from any of the forms that hosts hand out, as each driver wants to read it."""

import re
from collections.abc import Sequence

from sqlalchemy.engine import URL, make_url

PARTS = re.compile(r"[^:]+://(?P<user>[^/?]*@)?(?P<hosts>[^/?@]*)(?P<rest>.*)", re.DOTALL)
PORT = "5432"


def engine_url(url: str) -> str:
    """Return the address for SQLAlchemy, also of postgres://, with `ssl` for `sslmode`, and of several servers.

    Several servers stand before the name of the database with commas between, or after it as `host=`. A new connection goes to
    the first one of them that takes changes, unless `target_session_attrs` says otherwise.
    """
    parts = PARTS.fullmatch(url)
    if parts is None:
        return make_url(url).render_as_string(hide_password=False)  # raises: it is no address
    hosts, user = parts["hosts"], parts["user"] or ""
    servers = hosts.split(",") if "," in hosts else ()
    parsed = make_url(f"postgresql+asyncpg://{user}{'' if servers else hosts}{parts['rest']}")
    return _spelled(_with_servers(parsed, servers or _servers_in_query(parsed)), "sslmode", "ssl")


def asyncpg_url(url: str) -> str:
    """Return the address for asyncpg alone: without SQLAlchemy's driver name, and with `sslmode` for `ssl`."""
    parsed = make_url(url).set(drivername="postgresql")
    host = parsed.query.get("host", "")
    if isinstance(host, str) and "," in host:
        names = ",".join(f"[{name}]" if ":" in name else name for name in host.split(","))
        parsed = parsed.update_query_dict({"host": names})
    return _spelled(parsed, "ssl", "sslmode")


def _servers_in_query(url: URL) -> Sequence[str]:
    """Return the servers of `host=a:1&host=b:2`, and of `host=a,b&port=1,2`."""
    hosts, ports = url.query.get("host", ()), url.query.get("port", "")
    if not isinstance(hosts, str):
        return hosts
    names, numbers = hosts.split(","), str(ports).split(",")
    numbers = numbers if len(numbers) == len(names) else numbers[:1] * len(names)
    return [f"[{name}]:{number}" if number else name for name, number in zip(names, numbers, strict=True)]


def _with_servers(url: URL, servers: Sequence[str]) -> URL:
    """Return the address with these servers, if they are several, in the one form that both drivers read."""
    if len(servers) < 2:
        return url
    found = [re.fullmatch(r"\[?([^\]]*?)\]?(?::(\d+))?", server) for server in servers]
    names, ports = ([one[number] if one else "" for one in found] for number in (1, 2))
    query = {"host": ",".join(names), "port": ",".join(port or PORT for port in ports)}
    said = {"target_session_attrs": "read-write"} | dict(url.query)
    return url.set(query={**said, **query})


def _spelled(url: URL, name: str, instead: str) -> str:
    if name in url.query:
        url = url.difference_update_query([name]).update_query_dict({instead: url.query[name]})
    return url.render_as_string(hide_password=False)
