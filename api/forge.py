"""One comment on a pull request of GitHub or a merge request of GitLab, kept up to date in its place.

Whatever the comment says is data: it leaves as JSON and is never printed. A comment is ours where we wrote it
and it begins with its header; another's with the same header is left alone, as they could change it later.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener

from metrics.errors import ScorecardError, UsageError

HEADER = "<!-- scorecard-diff -->"
TOKEN = "SCORECARD_COMMENT_TOKEN"
LONGEST = 65_536
"""Characters; GitHub takes no more."""
_PAGE, _MOST_PAGES, _SECONDS = 100, 50, 30


class PostingFailed(ScorecardError):
    """The forge did not take the comment."""


@dataclass(frozen=True)
class Forge(ABC):
    """Where comments stand: the address of its API, its project, and the token of whoever writes."""

    api: str
    project: str
    token: str

    @abstractmethod
    def comments(self, request: int) -> str:
        """Return the path of a request's comments."""

    @abstractmethod
    def comment(self, request: int, name: int) -> str:
        """Return the path of one comment."""

    @abstractmethod
    def author(self) -> str:
        """Return who we are among the comments' authors."""

    @property
    @abstractmethod
    def update(self) -> str:
        """Return the method that changes a comment."""

    @abstractmethod
    def header(self) -> tuple[str, str]:
        """Return the header that bears the token."""

    def put(self, request: int, text: str) -> bool:
        """Write our comment, over the one before where there is one; tell whether it is new.

        Raises:
            UsageError: the text has another header, or is too long.
            PostingFailed: the forge does not answer, or refuses.
        """
        if text.partition("\n")[0].strip() != HEADER:
            raise UsageError(f"the first line of the comment is not {HEADER}")
        if len(text) > LONGEST:
            raise UsageError(
                f"the comment has {len(text):,} characters, and no more than {LONGEST:,} are taken"
            )
        ours = self._ours(request)
        if ours is None:
            self._ask("POST", self.comments(request), {"body": text})
        else:
            self._ask(self.update, self.comment(request, ours), {"body": text})
        return ours is None

    def _ours(self, request: int) -> int | None:
        author = self.author()
        for each in self._all(self.comments(request)):
            by = each.get("user") or each.get("author") or {}
            name = by.get("login") or by.get("username")
            if name == author and str(each.get("body", "")).startswith(HEADER):
                return int(each["id"])
        return None

    def _all(self, path: str) -> Iterator[Mapping[str, Any]]:
        for page in range(1, _MOST_PAGES + 1):
            found = self._ask("GET", f"{path}?per_page={_PAGE}&page={page}")
            yield from found
            if len(found) < _PAGE:
                return

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = dict([self.header()]) | {"Content-Type": "application/json", "User-Agent": "scorecard"}
        asked = Request(f"{self.api}{path}", content, headers, method=method)
        try:
            with build_opener(_NoRedirect).open(asked, timeout=_SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise PostingFailed(f"{method} {path} was answered with {error.code} {error.reason}") from None
        except (URLError, HTTPException, OSError, ValueError) as error:
            raise PostingFailed(f"{method} {path} had no answer that can be read: {error}") from None


class _NoRedirect(HTTPRedirectHandler):
    """Refuse to go elsewhere: the token would go along."""

    def redirect_request(self, *_: Any) -> None:
        return None


class GitHub(Forge):
    """GitHub; a workflow's own token writes as `github-actions[bot]`."""

    update = "PATCH"

    def comments(self, request: int) -> str:
        """Return the path of a pull request's comments."""
        return f"/repos/{self.project}/issues/{request}/comments"

    def comment(self, request: int, name: int) -> str:
        """Return the path of one comment, whose number is its own in the repository."""
        return f"/repos/{self.project}/issues/comments/{name}"

    def author(self) -> str:
        """Return the name that comments of workflows stand under; their token may not ask for it."""
        return "github-actions[bot]"

    def header(self) -> tuple[str, str]:
        """Return the header that bears the token."""
        return "Authorization", f"Bearer {self.token}"


class GitLab(Forge):
    """GitLab; a project's access token writes as a user of its own."""

    update = "PUT"

    def comments(self, request: int) -> str:
        """Return the path of a merge request's notes."""
        return f"/projects/{quote(self.project, safe='')}/merge_requests/{request}/notes"

    def comment(self, request: int, name: int) -> str:
        """Return the path of one note."""
        return f"{self.comments(request)}/{name}"

    def author(self) -> str:
        """Return the name of the token's user."""
        return str(self._ask("GET", "/user").get("username"))

    def header(self) -> tuple[str, str]:
        """Return the header that bears the token."""
        return "PRIVATE-TOKEN", self.token


def forge_of(environment: Mapping[str, str]) -> Forge:
    """Return the forge that a CI job runs for, by the variables that it sets; raise UsageError outside of one."""
    given = {name: value for name, value in environment.items() if value}
    kinds: tuple[tuple[type[Forge], str, str], ...] = (
        (GitHub, "GITHUB_API_URL", "GITHUB_REPOSITORY"),
        (GitLab, "CI_API_V4_URL", "CI_PROJECT_ID"),
    )
    for kind, api, project in kinds:
        if api in given and project in given:
            if TOKEN not in given:
                raise UsageError(f"{TOKEN} is not set: give the token that may write comments in it")
            return kind(given[api].rstrip("/"), given[project], given[TOKEN])
    known = " or ".join(f"{api} and {project}" for _, api, project in kinds)
    raise UsageError(f"this is no job of GitHub or GitLab: {known} are not set")
