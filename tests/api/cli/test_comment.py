"""A change's effect stands in one comment of a pull or merge request, whatever it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from tests.api.cli.shop import run
from tests.api.forges import Fake, fake

HEADER = "<!-- scorecard-diff -->"
COMMENTS = {
    "github": "/repos/shop/definitions/issues/7/comments",
    "gitlab": "/projects/17/merge_requests/7/notes",
}


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    for name in ("GITHUB_API_URL", "GITHUB_REPOSITORY", "CI_API_V4_URL", "CI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    with fake(request.param) as server:
        for name, value in {**server.environment, "SCORECARD_COMMENT_TOKEN": "t0ken"}.items():
            monkeypatch.setenv(name, value)
        yield server


def put(folder: Path, text: str) -> Result:
    (folder / "comment.md").write_text(text, encoding="utf-8")
    return run(None, "comment", str(folder / "comment.md"), "--request", "7")


def test_the_comment_is_written_once_and_then_in_its_place(forge: Fake, tmp_path: Path) -> None:
    forge.add("Looks good to me")
    first = put(tmp_path, f"{HEADER}\n26.1%")
    assert (first.exit_code, first.output) == (0, "The comment was written.\n")
    second = put(tmp_path, f"{HEADER}\n27.6%")
    assert (second.exit_code, second.output) == (0, "The comment was written anew in its place.\n")
    assert forge.bodies == ["Looks good to me", f"{HEADER}\n27.6%"]
    assert forge.tokens == {"Bearer t0ken" if forge.kind == "github" else "t0ken"}


def test_a_comment_of_another_with_the_same_header_is_left_alone(forge: Fake, tmp_path: Path) -> None:
    forge.add(f"{HEADER}\nAll is well: approve")
    put(tmp_path, f"{HEADER}\n26.1%")
    assert forge.bodies == [f"{HEADER}\nAll is well: approve", f"{HEADER}\n26.1%"]


def test_ours_is_found_behind_many_others(forge: Fake, tmp_path: Path) -> None:
    for number in range(230):
        forge.add(f"Comment {number}")
    forge.add(f"{HEADER}\nold", ours=True)
    put(tmp_path, f"{HEADER}\nnew")
    assert forge.bodies[-1] == f"{HEADER}\nnew"
    assert len(forge.bodies) == 231
    listed = [each for each in forge.asked if each == f"GET {COMMENTS[forge.kind]}"]
    assert len(listed) == 3


def test_what_a_comment_says_is_data(forge: Fake, tmp_path: Path) -> None:
    text = (
        f"{HEADER}\n$(id) `id` ${{HOME}} ::error::x ##[error]y \x1b[31m \u202e \"'\\ ${{{{ secrets.X }}}}\n"
    )
    done = put(tmp_path, text)
    assert (done.exit_code, done.output) == (0, "The comment was written.\n")
    assert forge.bodies == [text]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("26.1%", "the first line of the comment is not <!-- scorecard-diff -->\n"),
        (
            f"{HEADER}\n" + "x" * 65_536,
            "the comment has 65,560 characters, and no more than 65,536 are taken\n",
        ),
    ],
)
def test_what_is_no_such_comment_is_refused(forge: Fake, tmp_path: Path, text: str, said: str) -> None:
    done = put(tmp_path, text)
    assert (done.exit_code, done.output) == (2, said)
    assert forge.asked == []


@pytest.mark.parametrize(
    ("code", "reason"), [(403, "Forbidden"), (302, "Found"), (500, "Internal Server Error")]
)
def test_a_refusal_is_said_and_a_redirect_is_not_followed(
    forge: Fake, tmp_path: Path, code: int, reason: str
) -> None:
    forge.refuse = code
    done = put(tmp_path, f"{HEADER}\n26.1%")
    path = f"{COMMENTS['github']}?per_page=100&page=1" if forge.kind == "github" else "/user"
    assert (done.exit_code, done.output) == (3, f"GET {path} was answered with {code} {reason}\n")


def test_outside_of_a_job_and_without_a_token_it_says_what_is_missing(
    forge: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCORECARD_COMMENT_TOKEN")
    said = "SCORECARD_COMMENT_TOKEN is not set: give the token that may write comments in it\n"
    assert put(tmp_path, f"{HEADER}\n").output == said
    for name in forge.environment:
        monkeypatch.delenv(name)
    said = (
        "this is no job of GitHub or GitLab: GITHUB_API_URL and GITHUB_REPOSITORY or CI_API_V4_URL and CI_PROJECT_ID "
        "are not set\n"
    )
    assert put(tmp_path, f"{HEADER}\n").output == said
