"""A Hugging Face Hub on loopback sockets: two ports (Hub and CDN), real HTTP, no network.

In a test the ``loopback_hub`` fixture is a running, empty Hub::

    def test_it(loopback_hub):
        hub = loopback_hub
        hub.organization("acme", verified=True, followers=1200)
        repo = hub.model(
            "acme/encoder",
            files={"config.json": "{}", "model.safetensors": Blob(header, size=15 * 10**9)},
            card={"license": "apache-2.0"},
            scans={"pytorch_model.bin": scan(av="unsafe")},
        )
        old = repo.sha
        repo.commit({"README.md": "hello"}, author="bob", title="Edit the card")
        ...                                       # point a client at hub.endpoint
        assert len(hub.api_requests()) == 4
        assert hub.cdn.bytes_sent < 100_000

In a script ``with run_hub() as hub:`` does the same, and ``hub.environment(home)`` points a subprocess at it.

* **Content**: ``model``, ``dataset``, ``space``; ``Blob`` for huge sparse files; ``repo.commit``, ``branch``, ``tag``,
  ``convert``, ``discuss`` (with ``files``: a pull request), ``squash``. Object ids are true git ids, SHA-256 too.
  ``repo.info[key] = value`` overrides a key of the info answer, ``...`` removes it. ``hub.redirect(old, new)``.
* **Access**: ``hub.token("hf_x", grants=["acme/gated"])``; ``private``, ``gated``, ``disabled`` on repositories.
* **Trouble**: ``hub.fault("tree", faults.status(503), times=2)``, ``hub.unplug("scan")``, ``hub.quota("api", q=5)``,
  ``hub.latency(0.2)``, ``hub.on("tree", lambda: repo.commit({...}), after=1)``, ``hub.advance(3600)``.
  ``presets.git_mirror(hub)`` turns it into a Hub that has little of the API.
* **Route names**: info revision tree paths-info treesize commits refs scan compare discussions xet-read-token lfs-files
  safetensors-metadata list collection trending quicksearch resolve resolve-cache raw user-overview
  organization-overview organization-members organization-followers user-followers socials whoami
  agent-harnesses page cdn.
* **Log**: ``hub.requests``, ``hub.api_requests()``, ``hub.file_requests()``, ``hub.cdn.requests``, ``hub.leaks``.

At the end of a test the fixture fails it when a credential reached the CDN or stood in any address.

What it does not claim: Xet hashes are 64 hex digits but no Merkle roots; files beyond 64 MiB have a derived SHA-256
unless one is stated; the words of 400, 403 and 404 RepoNotFound answers were never recorded and follow the client
library's expectations; ETags of 304 answers are not implemented.
"""

from . import faults, presets
from .access import Token
from .accounts import Organization, User
from .content import Blob
from .history import Author, Commit, StoredFile
from .hub import Leak, LoopbackHub
from .message import Answer, Request
from .repo import Repo, readme
from .rules import Rule
from .running import LoopbackError, assert_clean, run_hub
from .scans import scan

__all__ = [
    "Answer",
    "Author",
    "Blob",
    "Commit",
    "Leak",
    "LoopbackError",
    "LoopbackHub",
    "Organization",
    "Repo",
    "Request",
    "Rule",
    "StoredFile",
    "Token",
    "User",
    "assert_clean",
    "faults",
    "presets",
    "readme",
    "run_hub",
    "scan",
]
