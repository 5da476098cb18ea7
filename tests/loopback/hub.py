"""LoopbackHub: the switches, the log and the two ports of a Hub that lives for one test."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from . import faults, files, lists, people_api, repo_api
from .access import Refusal, Token, identify
from .cdn import Cdn
from .faults import Fault
from .finish import apply_range, complete, hub_headers
from .message import Answer, Request, json_answer
from .quotas import Quotas
from .routes import Call, Handler, Route, match
from .rules import Rule, Where
from .wire import Sockets
from .world import World

HANDLERS: dict[str, Handler] = {
    **repo_api.HANDLERS,
    **files.HANDLERS,
    **people_api.HANDLERS,
    **lists.HANDLERS,
}
_FILE_ROUTES = ("resolve", "resolve-cache", "raw")


@dataclass
class Leak:
    """A credential where it must not be."""

    request: Request
    what: str

    def __str__(self) -> str:
        return f"{self.what}: {self.request.method} {self.request.port} {self.request.path}"


class LoopbackHub(World):
    """A Hub on 127.0.0.1. See the package's docstring for a tour; ``loopback_hub`` and ``run_hub`` start it.

    ``prefix`` puts everything below a path, as a mirror does (``/artifactory/hf``). ``cdn_host`` is the name the
    CDN goes by in redirects; ``localhost`` makes it a different host and not only a different port.
    ``resolve_directly`` has /resolve send the bytes itself, as the Hub does for a few files in a hundred.
    """

    def __init__(self, *, prefix: str = "", cdn_host: str = "127.0.0.1") -> None:
        super().__init__()
        self._skew = 0.0
        self.prefix = prefix.rstrip("/")
        self.origin = ""
        self.requests: list[Request] = []
        self.failures: list[str] = []
        self.leaks: list[Leak] = []
        self.gated_routes = {"commits", "resolve", "resolve-cache", "raw", "compare", "xet-read-token"}
        self.disabled_routes = {"tree", "paths-info", "treesize", *self.gated_routes}
        self.resolve_directly = False
        self.cdn = Cdn(self.clock)
        self.quotas = Quotas(self.clock)
        self._cdn_host = cdn_host
        self._rules: list[Rule] = []
        self._sockets = Sockets()

    # running

    def start(self) -> LoopbackHub:
        """Listen on two free ports."""
        self._sockets.start()
        port = self._sockets.listen("hub", self._respond_hub, "127.0.0.1")
        cdn_port = self._sockets.listen("cdn", self._respond_cdn, "127.0.0.1")
        self.origin = f"http://127.0.0.1:{port}"
        self.cdn.origin = f"http://{self._cdn_host}:{cdn_port}"
        return self

    def stop(self) -> None:
        """Close every connection and both ports."""
        self._sockets.stop()

    @property
    def endpoint(self) -> str:
        """What HF_ENDPOINT should be."""
        return self.origin + self.prefix

    def environment(self, home: str, token: str | None = None) -> dict[str, str]:
        """Variables that point a subprocess here and nowhere else."""
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": home,
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            **({"HF_TOKEN": token} if token else {}),
        }

    def clock(self) -> float:
        """The Hub's time in seconds; windows and signatures go by it."""
        return time.time() + self._skew

    def advance(self, seconds: float) -> None:
        """Move the Hub's time: quota windows end and signed addresses expire without waiting."""
        self._skew += seconds

    # switches

    def fault(self, where: Where, fault: Fault, *, times: int | None = None, after: int = 0) -> Rule:
        """Spoil answers. ``where`` is a route name (``tree``, ``resolve``, ``cdn``, …), a glob over paths, or a test.

        ``times=2`` spoils two answers and then none; ``after=1`` lets the first pass. ``repair(rule)`` ends it.
        """
        rule = Rule(where, fault=fault, times=times, after=after)
        self._rules.append(rule)
        return rule

    def on(self, where: Where, action: Callable[[], object], *, after: int = 0, times: int | None = 1) -> Rule:
        """Do something just before the request after the first ``after`` matching ones: let ``main`` move, for one."""
        rule = Rule(where, action=action, times=times, after=after)
        self._rules.append(rule)
        return rule

    def repair(self, *rules: Rule) -> None:
        """End these faults, or all of them."""
        self._rules = [rule for rule in self._rules if rules and rule not in rules]

    def unplug(self, *where: Where) -> None:
        """Endpoints this Hub does not have: 404 in HTML, no codes, as on a mirror."""
        for one in where:
            self.fault(one, faults.not_there())

    def latency(self, seconds: float, where: Where = None) -> Rule:
        """Answer late, everywhere or at some endpoints."""
        return self.fault(where, faults.latency(seconds))

    def quota(self, bucket: Literal["api", "resolvers", "pages"], q: int, w: int = 300) -> None:
        """Allow ``q`` requests per ``w`` seconds; the next one gets a 429."""
        self.quotas.set(bucket, q, w)

    # log

    def api_requests(self, route: str | None = None) -> list[Request]:
        """Requests that drew on the ``api`` quota, of one route or all."""
        return [
            r for r in self.requests if r.path.startswith("/api/") and r.route not in _FILE_ROUTES and _is(route, r)
        ]

    def file_requests(self) -> list[Request]:
        """Requests for file bytes on either port, redirects included."""
        return [*(r for r in self.requests if r.route in _FILE_ROUTES), *self.cdn.requests]

    @property
    def bytes_sent(self) -> int:
        """Body bytes of all answers on both ports."""
        return sum(request.bytes_sent for request in self.requests) + self.cdn.bytes_sent

    @property
    def whoami_calls(self) -> int:
        """How often somebody asked whose token this is."""
        return len([request for request in self.requests if request.route == "whoami"])

    # answering

    def _respond_hub(self, request: Request) -> Answer:
        self.requests.append(request)
        self._watch(request)
        try:
            answer = self._answer_hub(request)
        except Exception:  # noqa: BLE001 - the test must hear of it, whatever it is
            self.failures.append(traceback.format_exc())
            answer = json_answer({"error": "Internal Error"}, 500)
        if not answer.plain:
            answer.headers = hub_headers(request, len(self.requests)) | answer.headers
        return complete(request, answer)

    def _answer_hub(self, request: Request) -> Answer:
        route, refused = self._route(request)
        request.route = route.name
        struck = [rule for rule in self._rules if rule.strikes(request)]
        for rule in struck:
            if rule.action is not None:
                rule.action()
        answer = self._quota_then_handle(request, route, refused)
        return self._spoil(request, answer, struck)

    def _route(self, request: Request) -> tuple[Route, Refusal | None]:
        if self.prefix and not request.path.startswith(f"{self.prefix}/"):
            return Route("outside", "pages"), Refusal(404, "Not Found")
        request.path = request.path.removeprefix(self.prefix)
        try:
            return match(request.segments, lambda kind, name: self.find(kind, name) is not None), None
        except Refusal as refusal:
            return Route("unknown", "api" if request.path.startswith("/api/") else "pages"), refusal

    def _quota_then_handle(self, request: Request, route: Route, refused: Refusal | None) -> Answer:
        token: Token | None = None
        try:
            token = identify(request, self._tokens)
        except Refusal as refusal:
            refused = refusal
        caller, plan = (token.user, token.plan) if token else ("ip", "anonymous")
        spent = self.quotas.spend(route.bucket, caller, plan)
        if spent.allowed:
            answer = self._handle(Call(self, request, route, token), refused)
        else:
            answer = self.quotas.refusal(spent, anonymous=token is None)
        if self.quotas.announce:
            answer.headers |= spent.headers()
        return answer

    def _handle(self, call: Call, refused: Refusal | None) -> Answer:
        try:
            if refused is not None:
                raise refused
            return HANDLERS[call.route.name](call)
        except Refusal as refusal:
            return refusal.answer(as_text=call.route.as_text)

    def _respond_cdn(self, request: Request) -> Answer:
        self.cdn.requests.append(request)
        request.route = "cdn"
        if "authorization" in request.headers:
            self.leaks.append(Leak(request, "an Authorization header reached the CDN"))
        self._watch(request)
        struck = [rule for rule in self._rules if rule.strikes(request)]
        return complete(request, self._spoil(request, self.cdn.respond(request), struck))

    def _spoil(self, request: Request, answer: Answer, struck: list[Rule]) -> Answer:
        for rule in struck:
            if rule.fault is not None:
                answer = rule.fault(request, answer)
        apply_range(request, answer)
        return answer

    def _watch(self, request: Request) -> None:
        """Note tokens in places where no token belongs: anywhere on the CDN, in any address."""
        if request.port == "hub" and request.bearer:
            self.secrets.add(request.bearer)
        everywhere = "\n".join([request.target, *request.headers.values(), request.body.decode("latin-1")])
        for secret in self.secrets:
            if secret in (everywhere if request.port == "cdn" else request.target):
                self.leaks.append(Leak(request, "a token was sent where it does not belong"))


def _is(route: str | None, request: Request) -> bool:
    return route is None or request.route == route
