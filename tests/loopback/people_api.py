"""Answers about accounts: overviews, members, followers, and whose token this is."""

from __future__ import annotations

from .access import NO_LOGIN, Refusal, no_page
from .accounts import Organization, User, organization_overview, user_overview
from .message import Answer, json_answer, text_answer
from .routes import Call, Handler, Moved


def user_page(call: Call) -> Answer:
    """``/api/users/{name}/overview``: 404 for organizations, 307 to the right case."""
    user = _user(call)
    orgs = [call.hub.account(name) for name in user.orgs]
    known = [org for org in orgs if isinstance(org, Organization)]
    return json_answer(user_overview(user, known, call.hub.counts(user.name)))


def _user(call: Call) -> User:
    found = call.hub.account(call.route.id)
    if not isinstance(found, User):
        raise Refusal(404, "This user does not exist")
    if found.name != call.route.id:
        raise Moved(call.hub.prefix + call.request.path.replace(f"/{call.route.id}/", f"/{found.name}/", 1))
    return found


def organization_page(call: Call) -> Answer:
    """``/api/organizations/{name}/overview``: 404 for users; answers in any case."""
    org = _organization(call)
    return json_answer(organization_overview(org, call.hub.counts(org.name)))


def _organization(call: Call) -> Organization:
    found = call.hub.account(call.route.id)
    if not isinstance(found, Organization):
        raise no_page()
    return found


def members(call: Call) -> Answer:
    """``/members``: one page; undeclared members appear by their bare name."""
    org = _organization(call)
    accounts = [call.hub.account(name) or User(name) for name in org.members]
    return json_answer([user.member_card() for user in accounts if isinstance(user, User)])


def followers(call: Call) -> Answer:
    """``/followers``: up to ten invented accounts, enough for a page."""
    account = _user(call) if call.route.name == "user-followers" else _organization(call)
    return json_answer([User(f"follower-{index}").member_card() for index in range(min(account.followers, 10))])


def socials(call: Call) -> Answer:
    """``/socials``: handles stated in ``extra`` of the account, else none."""
    account = call.hub.account(call.route.id)
    if account is None:
        raise no_page()
    return json_answer({"socialHandles": account.extra.get("socialHandles", {})})


def whoami(call: Call) -> Answer:
    """``/api/whoami-v2``: strictly limited on the Hub; an audit has no business here."""
    if call.token is None:
        raise Refusal(401, NO_LOGIN)
    found = call.hub.account(call.token.user) or User(call.token.user)
    auth = {"type": "access_token", "accessToken": {"displayName": "test", "role": "read"}}
    body = {"type": "user", "id": found.id, "name": found.name, "fullname": found.name, "isPro": False, "orgs": []}
    return json_answer({**body, "auth": auth})


def agent_harnesses(_call: Call) -> Answer:
    """``/api/agent-harnesses``: what newer huggingface_hub asks for unless telemetry is off."""
    return json_answer({"standardEnvVars": [], "harnesses": {}})


def page(call: Call) -> Answer:
    """A web page, for whoever opens an address of the API's host."""
    repo = call.hub.find(call.route.kind, call.route.id) if call.route.id else None
    title = repo.id if repo else "Hugging Face"
    html = f"<!doctype html><html><head><title>{title}</title></head><body>{title}</body></html>"
    return text_answer(html, 200 if repo or not call.route.id else 404, "text/html; charset=utf-8")


HANDLERS: dict[str, Handler] = {
    "user-overview": user_page,
    "organization-overview": organization_page,
    "organization-members": members,
    "organization-followers": followers,
    "user-followers": followers,
    "socials": socials,
    "whoami": whoami,
    "agent-harnesses": agent_harnesses,
    "page": page,
}
