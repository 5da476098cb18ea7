"""What exists on a Hub: accounts, repositories, redirects and tokens, declared by a test and asked by the handlers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack

from .access import Token, may_read
from .accounts import EPOCH, Account, Organization, User, object_id
from .history import as_time
from .repo import Files, Kind, Repo, Scan, apply_commits, first_files


class RepoOptions(TypedDict, total=False):
    """Options of a repository; those not explained here are fields of ``Repo``."""

    card: Mapping[str, Any] | None
    created: datetime | str
    author: str | None
    title: str
    commits: Sequence[Mapping[str, Any]]
    scans: Mapping[str, Scan] | Mapping[str | tuple[str, str], Scan]
    info: Mapping[str, Any]
    private: bool
    gated: Literal[False, "auto", "manual"]
    disabled: bool
    downloads: int
    downloads_all_time: int | None
    likes: int
    trending: float
    default_scan: Scan
    scans_done: bool
    files_with_issues: list[dict[str, str]] | None
    used_storage: int | None
    sdk: str
    mongo_id: str


class World:
    """Everything a Hub knows. ``LoopbackHub`` serves it."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()
        self._tokens: dict[str, Token] = {}
        self._accounts: dict[str, Account] = {}
        self._repos: dict[tuple[str, str], Repo] = {}
        self._redirects: dict[tuple[str, str], tuple[str, str]] = {}
        self._declared = 0
        self.collections: dict[str, Sequence[tuple[str, str]]] = {}

    def organization(
        self,
        name: str,
        *,
        verified: bool = False,
        created: datetime | str = EPOCH,
        followers: int = 0,
        plan: str | None = None,
        members: Iterable[str] = (),
        fullname: str = "",
        details: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Organization:
        """Declare an organization; ``extra`` overrides keys of its overview."""
        made = Organization(
            name,
            created=as_time(created),
            fullname=fullname,
            followers=followers,
            details=details,
            extra=dict(extra or {}),
            verified=verified,
            plan=plan,
            members=tuple(members),
        )
        self._accounts[name.lower()] = made
        return made

    def user(
        self,
        name: str,
        *,
        created: datetime | str = EPOCH,
        followers: int = 0,
        pro: bool = False,
        orgs: Iterable[str] = (),
        fullname: str = "",
        details: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> User:
        """Declare a person; ``extra`` overrides keys of the overview."""
        made = User(
            name,
            created=as_time(created),
            fullname=fullname,
            followers=followers,
            details=details,
            extra=dict(extra or {}),
            pro=pro,
            orgs=tuple(orgs),
        )
        self._accounts[name.lower()] = made
        return made

    def model(self, name: str, files: Files | None = None, **options: Unpack[RepoOptions]) -> Repo:
        """Declare a model. Options are those of ``repo()``."""
        return self.repo("model", name, files, **options)

    def dataset(self, name: str, files: Files | None = None, **options: Unpack[RepoOptions]) -> Repo:
        """Declare a dataset."""
        return self.repo("dataset", name, files, **options)

    def space(self, name: str, files: Files | None = None, **options: Unpack[RepoOptions]) -> Repo:
        """Declare a Space."""
        return self.repo("space", name, files, **options)

    def repo(self, kind: Kind, name: str, files: Files | None = None, **options: Unpack[RepoOptions]) -> Repo:
        """Declare a repository: ``files`` are its first commit, ``commits`` further ones (``Repo.commit`` arguments).

        Other options are fields of ``Repo``. An owner not declared yet becomes an organization.
        """
        author, title = options.pop("author", None), options.pop("title", "initial commit")
        commits = options.pop("commits", ())
        fields: dict[str, Any] = {
            **options,
            "created": as_time(options.get("created", EPOCH)),
            "scans": dict(options.get("scans", {})),
            "info": dict(options.get("info", {})),
        }
        self._declared += 1  # a name registered anew is another repository: another _id
        fields.setdefault("mongo_id", object_id(f"{kind}:{name}:{self._declared}", fields["created"]))
        made = Repo(kind, name, avatar_of=self._avatar_of, **fields)
        if made.namespace and made.namespace.lower() not in self._accounts:
            self.organization(made.namespace)
        made.commit(first_files(files, made.card), title=title, author=author)
        apply_commits(made, commits)
        self._repos[kind, name] = made
        return made

    def redirect(self, old: str, new: str, *, kind: Kind = "model", origin: str = "") -> None:
        """Make an old id answer 307 to a new one; ``origin`` sends it to another host altogether."""
        self._redirects[kind, old.lower()] = (origin, new)

    def rename(self, old: str, new: str, *, kind: Kind = "model") -> Repo:
        """Give a repository another id; it keeps its ``_id`` and the old id redirects."""
        repo = self._repos.pop((kind, old))
        repo.id = new
        self._repos[kind, new] = repo
        self.redirect(old, new, kind=kind)
        return repo

    def remove(self, name: str, *, kind: Kind = "model") -> None:
        """Delete a repository; afterwards it looks as if it never was."""
        del self._repos[kind, name]

    def forget(self, account: str) -> None:
        """Delete a user or organization, leaving its repositories without an owner."""
        del self._accounts[account.lower()]

    def collection(self, slug: str, *items: str | tuple[str, str]) -> str:
        """Declare a collection ``owner/title-id`` of model ids, or of (type, id) for other things; gives the slug."""
        self.collections[slug] = [("model", item) if isinstance(item, str) else item for item in items]
        return slug

    def token(self, value: str, user: str = "tester", *, plan: str = "free", grants: Iterable[str] = ()) -> Token:
        """Accept a token. ``grants`` are ids of private or gated repositories it may read."""
        made = Token(value, user, plan, frozenset(grants))
        self._tokens[value] = made
        self.secrets.add(value)
        return made

    def find(self, kind: str, name: str) -> Repo | None:
        """The repository of exactly this id."""
        return self._repos.get((kind, name))

    def moved_to(self, kind: str, name: str, token: Token | None) -> tuple[str, str] | None:
        """Origin and id an unknown id redirects to: a declared redirect, or the same id in another case."""
        declared = self._redirects.get((kind, name.lower()))
        if declared is not None:
            return declared
        same = [repo for repo in self.visible(kind, token, private=True) if repo.id.lower() == name.lower()]
        return ("", same[0].id) if same else None

    def is_inside(self, repo: Repo, token: Token | None) -> bool:
        """Whether a caller may read a private or gated repository."""
        owner = self.account(repo.namespace or "")
        members = frozenset(owner.members) if isinstance(owner, Organization) else frozenset[str]()
        return may_read(repo, token, members)

    def visible(self, kind: str, token: Token | None, *, private: bool = False) -> list[Repo]:
        """Repositories of a kind that a caller may know of; private ones only where ``private`` and inside."""
        found = [repo for (its_kind, _), repo in self._repos.items() if its_kind == kind]
        return [repo for repo in found if not repo.private or (private and self.is_inside(repo, token))]

    def account(self, name: str) -> Account | None:
        """The user or organization of a name, in any case."""
        return self._accounts.get(name.lower())

    def accounts(self) -> list[Account]:
        """Every user and organization."""
        return list(self._accounts.values())

    def counts(self, owner: str) -> dict[str, int]:
        """Public repositories of an owner, by kind."""
        owned = [kind for (kind, _), repo in self._repos.items() if repo.namespace == owner and not repo.private]
        return {f"num{kind.title()}s": owned.count(kind) for kind in ("model", "dataset", "space")}

    def _avatar_of(self, user: str) -> str | None:
        account = self.account(user)
        return account.avatar if account else None
