from dataclasses import replace

from scorecard.check import check
from scorecard.checks.codeowners_outdated import CODE
from scorecard.codeowners import Host, block
from tests.scorecard.project import definitions, texts

KEPT = "metrics/service/kept_promises.yml"


def found(files, *edits):
    loaded = definitions(texts(*edits))
    content = {file: text.encode() for file, text in files.items()}
    metrics = replace(loaded.loaded, folder=replace(loaded.folder, beside=content.get))
    listed = check(replace(loaded, loaded=metrics))
    return [f"{each.position} {each.level} {each.message}" for each in listed if each.code == CODE]


def test_a_file_that_names_them_all_has_none():
    loaded = definitions(texts())
    files = {host.file: "* @platform\n" + block(loaded.catalog, loaded.board, host) for host in Host}
    assert found(files) == []
    assert found({".github/CODEOWNERS": files[".github/CODEOWNERS"].replace("\n", "\r\n")}) == []


def test_a_file_that_names_others():
    loaded = definitions(texts())
    files = {host.file: "* @platform\n" + block(loaded.catalog, loaded.board, host) for host in Host}
    assert found(files, (KEPT, "supports: [sales]", "supports: [marketing]")) == [
        ".github/CODEOWNERS:2:1 advice the file is out of date: run `scorecard codeowners --for github`",
        ".gitlab/CODEOWNERS:2:1 advice the file is out of date: run `scorecard codeowners --for gitlab`",
    ]


def test_a_reviewer_whom_no_host_knows():
    loaded = definitions(texts())
    files = {".github/CODEOWNERS": block(loaded.catalog, loaded.board, Host.GITHUB)}
    assert found(files, ("company.yml", '["@northwind/marketing"]', "Ann")) == [
        ".github/CODEOWNERS:1:1 advice 'Ann' of department 'marketing' can review nothing: write @name, @group/team "
        "or an address"
    ]


def test_without_the_file_or_without_our_lines_nobody_asked_for_it():
    assert found({}) == []
    assert found({".github/CODEOWNERS": "* @platform\n"}) == []
