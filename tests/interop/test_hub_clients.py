"""The real Hub clients against the loopback Hub, one subprocess per version, one test per check."""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.interop.environments import NotInstallableError, clean_variables, environment
from tests.interop.hub_client import CHECKS
from tests.interop.scene import describe
from tests.loopback import LoopbackHub, run_hub

pytestmark = pytest.mark.interop

CLIENTS = {"hub-2": "huggingface_hub>=2,<3", "hub-1": "huggingface_hub>=1,<2"}
SCRIPT = Path(__file__).with_name("hub_client.py")


@functools.cache
def outcome(client: str) -> dict[str, Any]:
    """What each check said in this client's environment. Leaks and failures of the Hub raise here."""
    python = environment(client, CLIENTS[client])
    # huggingface_hub 1.x sends the token on to another port of the same host; a real CDN is another host
    with run_hub(LoopbackHub(cdn_host="localhost")) as hub, tempfile.TemporaryDirectory() as home:
        scene = describe(hub)
        variables = clean_variables(**hub.environment(home))
        command = [str(python), str(SCRIPT), json.dumps(scene)]
        done = subprocess.run(  # noqa: S603 - our script in our environment
            command, check=False, capture_output=True, text=True, env=variables, timeout=300
        )
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", CHECKS)
def test_the_real_client_gets_what_the_hub_holds(client: str, name: str) -> None:
    try:
        found = outcome(client)
    except NotInstallableError as reason:
        pytest.skip(f"{CLIENTS[client]} cannot be installed here: {reason}")
    assert found["checks"][name] == "ok", f"huggingface_hub {found['version']}:\n{found['checks'][name]}"
