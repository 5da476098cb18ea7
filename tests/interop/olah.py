"""Start ``olah``, an independent Hub mirror, in one of the two ways it works without the real Hub.

What olah 0.5.4 was seen to do, and what an auditor meets behind it:

*Git mirror* (``mirrors-path`` with ``offline = true``): serves git repositories from ``<path>/models/<org>/<name>``.

* ``/api/models/org/name/revision/{rev}``, ``/tree``, ``/paths-info``, ``/commits`` and ``/refs`` answer from git;
  without ``/revision/...`` the info of the same repository is a 401 RepoNotFound.
* info has ids, dates in microseconds, ``cardData`` and plain ``siblings``; ``_id`` is 64 hex digits. ``blobs``,
  ``securityStatus`` and ``expand[]`` are ignored. There are no ``config``, ``safetensors`` or ``library_name`` keys.
* tree answers 307 to the same path with a slash behind (an absolute address), one page however long; ``size`` and
  ``lfs`` are there, ``xetHash`` and ``securityFileStatus`` are not (the ``security`` of 2023 is, and always says safe).
* commits name authors as ``name`` instead of ``user``, carry at most 50 and no X-Total-Count.
* resolve answers 200 with the whole file, chunked, without Content-Length or ETag, and ignores Range; a missing file
  is a 500.
* user and organization overviews are a 401 RepoNotFound, ``/scan`` is a 404 RepoNotFound.

*Proxy* (``--hf-netloc`` of another Hub, here the loopback one): passes info, tree, commits and refs through and answers
ranges from its own block cache with 206. Query parameters of info are lost on the way (no ``blobs``), the overviews are
refused as above. olah itself drives our Hub with HEAD, paths-info and ranged reads: one more independent client.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.interop.environments import clean_variables, environment
from tests.loopback import LoopbackHub

REQUIREMENT: Final = "olah==0.5.4"
_PATIENCE = 60.0


def olah_command() -> str:
    """Path of the olah executable. Raises NotInstallableError."""
    return str(environment("olah", REQUIREMENT).with_name("olah-cli"))


def make_git_mirror(folder: Path, name: str, files: Mapping[str, bytes], large: Mapping[str, bytes]) -> None:
    """A git repository where olah looks for the model ``name``; ``large`` files are LFS pointers with their objects."""
    repository = folder / "models" / name
    repository.mkdir(parents=True)
    _git(repository, "init", "--quiet", "--initial-branch=main")
    for path, data in {**files, **{path: _store(repository, data) for path, data in large.items()}}.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_bytes(data)
    _git(repository, "add", ".")
    _git(repository, "commit", "--quiet", "--message", "Upload model")


def _store(repository: Path, data: bytes) -> bytes:
    """Keep a large file's content where git-lfs would; gives its pointer."""
    oid = hashlib.sha256(data).hexdigest()
    place = repository / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4]
    place.mkdir(parents=True, exist_ok=True)
    (place / oid).write_bytes(data)
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n".encode()


def _git(folder: Path, *arguments: str) -> None:
    git = shutil.which("git") or "git"
    identity = ["-c", "user.name=team", "-c", "user.email=team@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run([git, *identity, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603 - fixed words


@contextlib.contextmanager
def serve_git(folder: Path) -> Iterator[str]:
    """olah, offline, over the git repositories in ``folder / "mirrors"``. Yields the endpoint."""
    port = _free_port()
    config = folder / "olah.toml"
    rules = "".join(f'[[accessibility.{kind}]]\nrepo = "*/*"\nallow = true\n' for kind in ("proxy", "cache"))
    config.write_text(
        f'[basic]\nhost = "127.0.0.1"\nport = {port}\nrepos-path = "{folder / "cache"}"\n'
        f'mirrors-path = ["{folder / "mirrors"}"]\n[accessibility]\noffline = true\n{rules}'
    )
    with _running([olah_command(), "--config", str(config)], folder, port) as endpoint:
        yield endpoint


@contextlib.contextmanager
def serve_proxy(folder: Path, hub: LoopbackHub) -> Iterator[str]:
    """olah in front of a loopback Hub. Yields olah's endpoint."""
    port = _free_port()
    upstream = ["--hf-scheme", "http", "--hf-netloc", hub.origin.removeprefix("http://")]
    lfs = ["--hf-lfs-netloc", hub.cdn.origin.removeprefix("http://")]
    place = ["--host", "127.0.0.1", "--port", str(port), "--repos-path", str(folder / "cache")]
    with _running([olah_command(), *place, *upstream, *lfs], folder, port) as endpoint:
        yield endpoint


@contextlib.contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[str]:
    with (folder / "olah.out").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - olah of our environment
            [*command, "--log-path", str(folder / "logs")],
            cwd=folder,
            env=clean_variables(),
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until somebody listens. Raises when the process ended or patience did."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"olah did not start listening on port {port} (exit code {process.poll()})")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
