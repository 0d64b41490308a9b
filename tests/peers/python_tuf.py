"""Says what python-tuf's client says of test vectors, as lines of JSON.

usage: python_tuf.py FOLDER

The format of the vectors is in tests/vectors/README.md.
"""

import datetime
import json
import pathlib
import sys
import tempfile
import urllib.parse

from tuf.api import exceptions
from tuf.ngclient import FetcherInterface, Updater

ADDRESS = "http://vectors.invalid/metadata/"


class Server(FetcherInterface):
    """What a vector publishes."""

    def __init__(self):
        self.files = {}
        self.fails = set()

    def _fetch(self, url):
        name = urllib.parse.unquote(url.removeprefix(ADDRESS))
        if name in self.fails:
            raise exceptions.DownloadHTTPError(f"503 {name}", 503)
        if name not in self.files:
            raise exceptions.DownloadHTTPError(f"404 {name}", 404)
        return iter([self.files[name]])


def kind(error):
    """What the vectors call this refusal; "crash" is no refusal at all."""
    if isinstance(error, exceptions.DownloadHTTPError):
        return "missing" if error.status_code == 404 else "unavailable"
    for cls, name in [
        (exceptions.ExpiredMetadataError, "expired"),
        (exceptions.LengthOrHashMismatchError, "content"),
        (exceptions.BadVersionNumberError, "version"),
        (exceptions.UnsignedMetadataError, "threshold"),
        (exceptions.DownloadLengthMismatchError, "limit"),
        (exceptions.DownloadError, "unavailable"),
        (exceptions.RepositoryError, "format"),
    ]:
        if isinstance(error, cls):
            return name
    return f"crash {type(error).__name__}"


def refresh(folder, server, trusted, at, target):
    """One run of a client that keeps nothing but its folder."""
    try:
        updater = Updater(folder, ADDRESS, fetcher=server, bootstrap=trusted)
        updater._trusted_set.reference_time = at
        found = updater.get_targetinfo(target)
    except Exception as error:  # whatever escapes is what is asked here
        return f"refused {kind(error)}"
    return "refused target" if found is None else f"accepted {found.length} bytes"


def versions(folder):
    """What is kept in the folder."""
    said = []
    for role in ["root", "timestamp", "snapshot", "targets"]:
        file = pathlib.Path(folder, f"{role}.json")
        version = json.loads(file.read_bytes())["signed"]["version"] if file.exists() else 0
        said.append(f"{role} {version}")
    return ", ".join(said)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def judge(raw):
    """Goes through one vector."""
    head, _, rest = raw.partition(b"\n\n")
    header = dict(line.split(": ", 1) for line in head.decode().split("\n")[1:])
    server, trusted = Server(), b""
    with tempfile.TemporaryDirectory() as folder:
        while rest:
            line, _, rest = rest.partition(b"\n")
            verb, _, text = line.decode().partition(" ")
            if verb in ("trusted", "serve"):
                length, _, name = text.partition(" ")
                content, rest = rest[: int(length)], rest[int(length) + 1 :]
                if verb == "trusted":
                    trusted = content
                else:
                    server.files[name] = content
            elif verb == "remove":
                server.files.pop(text, None)
            elif verb == "fail":
                server.fails.add(text)
            elif verb == "refresh":
                at, _, expect = text.partition(" ")
                said = refresh(folder, server, trusted, instant(at), header["target"])
                if said.split()[0] != expect:
                    return f"an earlier refresh {said}"
            else:
                raise ValueError(f"{verb} is no event")
        said = refresh(folder, server, trusted, instant(header["at"]), header["target"])
        return f"{said}; trusts {versions(folder)}"


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.vector")):
    print(json.dumps({"vector": path.stem, "said": judge(path.read_bytes())}))
