"""One frozen Settings: flags over environment over configuration file over defaults.

This is the only module that reads ``os.environ``. The variables of the Hub's own client are
honoured where they mean something to an auditor (docs/configuration.md lists them); ours
start with ``TRUSTAUDIT_``.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from trustaudit.errors import ConfigurationError
from trustaudit.refs import HUB_HOSTS, RepoRef

DEFAULT_ENDPOINT = "https://huggingface.co"
_TRUE = frozenset({"1", "ON", "YES", "TRUE"})
_MIB = 1024 * 1024
_TWELVE_WINDOWS = 3600.0
_SEATS_OF_MANY = 32
_SECRET = frozenset({"token", "db"})
_ABOVE_ZERO = {
    "request_timeout": " (HF_HUB_ETAG_TIMEOUT, HF_HUB_DOWNLOAD_TIMEOUT)",
    "audit_timeout": " (--timeout, TRUSTAUDIT_TIMEOUT)",
    "concurrency": " (TRUSTAUDIT_CONCURRENCY)",
    "audit_bytes": "",
    "file_bytes": "",
    "lease_seconds": " (TRUSTAUDIT_LEASE_SECONDS)",
}
_PATHS = frozenset({"cache_dir", "data_dir", "record", "replay"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that shapes a run. Times in seconds, sizes in bytes.

    ``token`` never appears in ``repr`` output, in logs or in reports, nor does ``db``, which may hold a password.
    """

    endpoint: str = DEFAULT_ENDPOINT
    token: str | None = None
    cache_dir: Path = Path()
    data_dir: Path = Path()
    cache_bytes: int = 512 * _MIB
    use_cache: bool = True
    refresh: bool = False
    offline: bool = False
    record: Path | None = None
    replay: Path | None = None
    request_timeout: float = 10.0
    audit_timeout: float = 120.0
    quota_seconds: float = 0.0
    concurrency: int = 16
    retries: int = 5
    audit_bytes: int = 32 * _MIB
    file_bytes: int = 32 * _MIB
    history_limit: int = 100
    tree_pages: int = 20
    policy: str = "default"
    history: bool = True
    user_agent_origin: str = ""
    db: str = ""
    lease_seconds: float = 60.0

    def __repr__(self) -> str:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        shown = (f"{name}={'***' if name in _SECRET and value else repr(value)}" for name, value in values.items())
        return f"Settings({', '.join(shown)})"

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **flags: Any) -> Settings:  # noqa: ANN401 - one per field
        """Settings of this process. ``flags`` whose value is None were not given.

        Raises ConfigurationError for a value or configuration file that cannot be used.
        """
        env = os.environ if environ is None else environ
        values = {**_from_file(env), **_from_environment(env), **{k: v for k, v in flags.items() if v is not None}}
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        if unknown:
            raise ConfigurationError(f"unknown setting: {', '.join(unknown)}")
        return _checked(replace(cls(cache_dir=_cache_dir(env), data_dir=_data_dir(env)), **values))

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port of the Hub: the only place the token may go."""
        parts = urlsplit(self.endpoint)
        default = 443 if parts.scheme == "https" else 80
        return parts.scheme, (parts.hostname or "").lower(), parts.port or default

    def patient(self) -> Settings:
        """The same for many audits in a row: their time stands still while they wait for the Hub's quota.

        More requests at once, too, where that was left open: with 100 ms to the Hub, sixteen use up a quota of
        1,000 in 7 s of its 300 s, but shorter windows and slower ways need more.
        """
        seats = _SEATS_OF_MANY if self.concurrency == Settings().concurrency else self.concurrency
        return replace(self, quota_seconds=max(self.quota_seconds, _TWELVE_WINDOWS), concurrency=seats)

    @property
    def is_default_endpoint(self) -> bool:
        """Whether this is the public Hub; another one is named loudly in every report."""
        return self.endpoint == DEFAULT_ENDPOINT


def parse_ref(text: str | RepoRef, settings: Settings) -> RepoRef:
    """A reference in any spelling; addresses on the configured Hub are understood too."""
    if isinstance(text, RepoRef):
        return text
    _, host, port = settings.origin
    return RepoRef.parse(text, hub_hosts=(*HUB_HOSTS, host, f"{host}:{port}"))


def is_true(text: str | None) -> bool:
    """The Hub client's reading of a boolean variable: 1, ON, YES, TRUE in any case."""
    return (text or "").strip().upper() in _TRUE


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if is_true(env.get("HUGGINGFACE_CO_STAGING")):
        values["endpoint"] = "https://hub-ci.huggingface.co"
    if env.get("HF_ENDPOINT"):
        values["endpoint"] = env["HF_ENDPOINT"]
    if is_true(env.get("HF_HUB_OFFLINE")) or is_true(env.get("TRANSFORMERS_OFFLINE")):
        values["offline"] = True
    if env.get("HF_HUB_USER_AGENT_ORIGIN"):
        values["user_agent_origin"] = env["HF_HUB_USER_AGENT_ORIGIN"]
    timeouts = [_number(env, name) for name in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT") if env.get(name)]
    if timeouts:
        values["request_timeout"] = max(timeouts)
    token = _token(env)
    if token:
        values["token"] = token
    values.update(_own_variables(env))
    return values


def _own_variables(env: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if env.get("TRUSTAUDIT_POLICY"):
        values["policy"] = env["TRUSTAUDIT_POLICY"]
    if is_true(env.get("TRUSTAUDIT_NO_CACHE")):
        values["use_cache"] = False
    if is_true(env.get("TRUSTAUDIT_NO_HISTORY")):
        values["history"] = False
    for field, name in (("concurrency", "TRUSTAUDIT_CONCURRENCY"), ("cache_bytes", "TRUSTAUDIT_CACHE_BYTES")):
        if env.get(name):
            values[field] = _whole_number(env, name)
    if env.get("TRUSTAUDIT_DB"):
        values["db"] = env["TRUSTAUDIT_DB"]
    if env.get("TRUSTAUDIT_LEASE_SECONDS"):
        values["lease_seconds"] = _number(env, "TRUSTAUDIT_LEASE_SECONDS")
    if env.get("TRUSTAUDIT_TIMEOUT"):
        values["audit_timeout"] = _number(env, "TRUSTAUDIT_TIMEOUT")
    return values


def _number(env: Mapping[str, str], name: str) -> float:
    try:
        return float(env[name])
    except ValueError:
        raise ConfigurationError(f"{name}={env[name]!r} is not a number") from None


def _whole_number(env: Mapping[str, str], name: str) -> int:
    try:
        return int(_number(env, name))
    except (ValueError, OverflowError):  # nan and inf are numbers, and no integers
        raise ConfigurationError(f"{name}={env[name]!r} is not a whole number") from None


def _token(env: Mapping[str, str]) -> str | None:
    """The token the Hub's own client would send: variable, legacy variable, then token file.

    HF_HUB_DISABLE_IMPLICIT_TOKEN turns all of it off. OIDC exchange (HF_OIDC_RESOURCE) is a
    request of its own and is left to the Hub's client.
    """
    if is_true(env.get("HF_HUB_DISABLE_IMPLICIT_TOKEN")):
        return None
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if env.get(name, "").strip():
            return _clean_token(env[name], name)
    path = Path(env.get("HF_TOKEN_PATH") or hf_home(env) / "token").expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return _clean_token(text, str(path)) if text.strip() else None


def _clean_token(text: str, source: str) -> str:
    token = "".join(text.split())
    if not token.isascii() or not token.isprintable():
        raise ConfigurationError(f"the token in {source} holds characters no token has")
    return token


def debugging(env: Mapping[str, str] | None = None) -> bool:
    """Whether tracebacks are wanted: TRUSTAUDIT_DEBUG or the Hub client's HF_DEBUG."""
    env = os.environ if env is None else env
    return is_true(env.get("TRUSTAUDIT_DEBUG")) or is_true(env.get("HF_DEBUG"))


def silence_hub_client() -> None:
    """Telemetry of the Hub's own client off. To be called before it is imported: it reads the variable once."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def hf_home(env: Mapping[str, str] | None = None) -> Path:
    """``$HF_HOME``, as the Hub's client computes it."""
    env = os.environ if env is None else env
    if env.get("HF_HOME"):
        return Path(env["HF_HOME"]).expanduser()
    cache = env.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "huggingface"


def hf_hub_cache(env: Mapping[str, str] | None = None) -> Path:
    """Where the Hub's client keeps downloaded repositories."""
    env = os.environ if env is None else env
    explicit = env.get("HF_HUB_CACHE") or env.get("HUGGINGFACE_HUB_CACHE")
    return Path(explicit).expanduser() if explicit else hf_home(env) / "hub"


def _folder(text: str) -> Path:
    """A folder that a person named. Absolute: a relative one is what settings have where nobody named any."""
    return Path(text).expanduser().absolute()


def _cache_dir(env: Mapping[str, str]) -> Path:
    if env.get("TRUSTAUDIT_CACHE_DIR"):
        return _folder(env["TRUSTAUDIT_CACHE_DIR"])
    if env.get("XDG_CACHE_HOME"):
        return Path(env["XDG_CACHE_HOME"]).expanduser() / "trustaudit"
    import platformdirs  # noqa: PLC0415 - only needed when no variable decides

    return Path(platformdirs.user_cache_dir("trustaudit", appauthor=False))


def _data_dir(env: Mapping[str, str]) -> Path:
    if env.get("TRUSTAUDIT_DATA_DIR"):
        return _folder(env["TRUSTAUDIT_DATA_DIR"])
    if env.get("XDG_DATA_HOME"):
        return Path(env["XDG_DATA_HOME"]).expanduser() / "trustaudit"
    import platformdirs  # noqa: PLC0415 - only needed when no variable decides

    return Path(platformdirs.user_data_dir("trustaudit", appauthor=False))


def _from_file(env: Mapping[str, str]) -> dict[str, Any]:
    """``$TRUSTAUDIT_CONFIG``, else ``trustaudit/config.toml`` in the user's configuration folder.

    Never a file of the current folder: that may be a downloaded repository.
    """
    explicit = env.get("TRUSTAUDIT_CONFIG")
    base = env.get("XDG_CONFIG_HOME") or "~/.config"
    path = Path(explicit or f"{base}/trustaudit/config.toml").expanduser()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if explicit:
            raise ConfigurationError(f"configuration file {path} does not exist") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"configuration file {path}: {error}") from error
    if "token" in values:
        raise ConfigurationError(f"{path}: a token does not belong into this file", advice="use HF_TOKEN")
    return _typed(values, path)


def _typed(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """Values of a configuration file, each of its field's type."""
    defaults = Settings()
    unknown = sorted(set(values) - {f.name for f in fields(Settings)})
    if unknown:
        raise ConfigurationError(f"{path}: unknown setting: {', '.join(unknown)}")
    return {key: _of_type(value, key, getattr(defaults, key), path) for key, value in values.items()}


def _of_type(value: object, key: str, default: object, path: Path) -> object:
    wanted = str if key in _PATHS else type(default)
    if wanted is not type(value) and not _int_for_float(default, value):
        raise ConfigurationError(f"{path}: {key} should be of type {wanted.__name__}")
    return _folder(str(value)) if key in _PATHS else value


def _int_for_float(default: object, value: object) -> bool:
    return isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool)


def _checked(settings: Settings) -> Settings:
    endpoint = settings.endpoint.strip().rstrip("/")
    parts = _address(endpoint)
    if parts is None:
        raise ConfigurationError(
            f"the Hub's address (--endpoint, HF_ENDPOINT) is {settings.endpoint!r}, which is not an http(s) address",
            advice="such as https://hub.example.org",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError("the Hub's address (HF_ENDPOINT) may not hold credentials, a query or a fragment")
    for name, also in _ABOVE_ZERO.items():
        if not getattr(settings, name) > 0:  # nan is neither above nor below
            raise ConfigurationError(f"{name}{also} must be above zero")
    if settings.record and settings.replay:
        raise ConfigurationError("--record and --replay exclude each other", advice="leave one of them out")
    return replace(settings, endpoint=endpoint)


def _address(endpoint: str) -> SplitResult | None:
    """The parts of an http(s) address; None for what is none, also by its port or its brackets."""
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable and not any(letter.isspace() for letter in endpoint) else None
