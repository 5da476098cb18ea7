"""Users and organizations: one shared namespace, two kinds, each overview a 404 for the other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from .history import iso

AVATARS = "https://cdn-avatars.huggingface.co/v1/production/uploads"
EPOCH = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)


def object_id(seed: str, created: datetime) -> str:
    """A Mongo id: creation time in its first four bytes, the rest settled by ``seed``."""
    stamp = int(created.timestamp()) & 0xFFFFFFFF
    return f"{stamp:08x}{hashlib.sha256(seed.encode()).hexdigest()[:16]}"


@dataclass
class Account:
    """What users and organizations share. ``extra`` overrides or adds keys of the overview."""

    name: str
    created: datetime = EPOCH
    fullname: str = ""
    followers: int = 0
    details: str | None = None
    kind: ClassVar[str] = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return object_id(self.name, self.created)

    @property
    def avatar(self) -> str:
        return f"{AVATARS}/{self.id}/avatar.png"

    def card(self) -> dict[str, Any]:
        """The short form that search results and member lists show."""
        return {"_id": self.id, "avatarUrl": self.avatar, "fullname": self.fullname or self.name}


@dataclass
class User(Account):
    """A person's account. There is no verified badge for users."""

    pro: bool = False
    orgs: tuple[str, ...] = ()

    kind: ClassVar[str] = "user"

    def member_card(self) -> dict[str, Any]:
        """As listed among members and followers."""
        return {**self.card(), "isPro": self.pro, "user": self.name, "type": "user", "isFollowing": False}


@dataclass
class Organization(Account):
    """A publisher account. Its overview tells neither its kind nor when it was created."""

    verified: bool = False
    plan: str | None = None
    members: tuple[str, ...] = ()

    kind: ClassVar[str] = "org"


def user_overview(user: User, orgs: list[Organization], counts: dict[str, int]) -> dict[str, Any]:
    """Body of ``/api/users/{name}/overview``; keys in the recorded order."""
    return {
        "_id": user.id,
        "avatarUrl": user.avatar,
        "isPro": user.pro,
        "fullname": user.fullname or user.name,
        **counts,
        "numKernels": 0,
        "numBuckets": 0,
        "numDiscussions": 0,
        "numPapers": 0,
        "numUpvotes": 0,
        "numLikes": 0,
        "numFollowers": user.followers,
        "numFollowing": 0,
        "numFollowingOrgs": 0,
        "orgs": [_org_of_user(org) for org in orgs],
        "user": user.name,
        "type": "user",
        "isFollowing": False,
        **({} if user.details is None else {"details": user.details}),
        "hardwareItems": [],
        "createdAt": iso(user.created),
        **user.extra,
    }


def _org_of_user(org: Organization) -> dict[str, Any]:
    return {"id": org.id, "name": org.name, "fullname": org.fullname or org.name, "avatarUrl": org.avatar}


def organization_overview(org: Organization, counts: dict[str, int]) -> dict[str, Any]:
    """Body of ``/api/organizations/{name}/overview``; keys in the recorded order."""
    return {
        "_id": org.id,
        "avatarUrl": org.avatar,
        "fullname": org.fullname or org.name,
        "name": org.name,
        "details": org.details or "",
        "isVerified": org.verified,
        **({"plan": org.plan} if org.plan else {}),
        "isFollowing": False,
        "numUsers": len(org.members) or 1,
        "numModels": counts["numModels"],
        "numSpaces": counts["numSpaces"],
        "numDatasets": counts["numDatasets"],
        "numKernels": 0,
        "numBuckets": 0,
        "numPapers": 0,
        "numFollowers": org.followers,
        **org.extra,
    }


def author_data(account: Account) -> dict[str, Any]:
    """The author object of /trending."""
    plan = {"plan": account.plan} if isinstance(account, Organization) and account.plan else {}
    pro = {"isPro": account.pro} if isinstance(account, User) else {}
    return {
        "_id": account.id,
        "avatarUrl": account.avatar,
        "fullname": account.fullname or account.name,
        "name": account.name,
        "type": "org" if isinstance(account, Organization) else "user",
        "isHf": False,
        "isHfAdmin": False,
        "isMod": False,
        **pro,
        **plan,
        "followerCount": account.followers,
        "isUserFollowing": False,
    }
