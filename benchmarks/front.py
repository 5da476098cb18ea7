"""The loopback Hub under the public Hub's own names, over TLS.

Scanners build addresses from ``https://huggingface.co`` and refuse other hosts. In their
environments ``benchmarks/site`` looks the two names up as this front, whose certificate they are
told to trust; their own code is not touched. trustaudit is measured through the same front, by
the port that HF_ENDPOINT names.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.loopback import LoopbackHub

HUB = "huggingface.co"
CDN = "cas-bridge.xethub.hf.co"
SITE = Path(__file__).parent / "site"
_CHUNK = 1 << 18
_VALID = dt.timedelta(days=2)


def _certificate(path: Path) -> None:
    """Key and certificate for both names, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HUB)])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(HUB), x509.DNSName(CDN)])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now - _VALID, now + _VALID
    )
    built = (
        builder.add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + built.public_bytes(serialization.Encoding.PEM))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError, ssl.SSLError):
        writer.close()


async def _listen(target: int, context: ssl.SSLContext) -> int:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", target, limit=_CHUNK)
        await asyncio.gather(_pipe(reader, back), _pipe(there, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context, limit=_CHUNK)
    return int(server.sockets[0].getsockname()[1])


@contextmanager
def front(hub: LoopbackHub, folder: Path) -> Iterator[dict[str, str]]:
    """Serve ``hub`` under its public names; gives the variables that lead a program there."""
    pem = folder / "front.pem"
    _certificate(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    ports = [
        asyncio.run_coroutine_threadsafe(_listen(int(urlsplit(origin).port or 0), context), loop).result()
        for origin in (hub.origin, hub.cdn.origin)
    ]
    hub.cdn.origin = f"https://{CDN}:{ports[1]}"
    try:
        yield {
            "LOOPBACK_FRONTS": f"{HUB}={ports[0]},{CDN}={ports[1]}",
            "HF_ENDPOINT": f"https://{HUB}:{ports[0]}",
            "PYTHONPATH": str(SITE),
            **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(pem)),
        }
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
