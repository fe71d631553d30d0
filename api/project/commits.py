"""Who wrote a commit and when, read from the objects of its repository: loose ones and packs."""

from __future__ import annotations

import re
import struct
import zlib
from bisect import bisect_left
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

from api.project.git import objects_folder
from scorecard.cause_model import CommitReport

_AUTHOR = re.compile(rb"^author (.*?) ?<[^>]*> (\d+) ([+-])(\d{2})(\d{2})$", re.MULTILINE)
_COMMIT, _OFFSET_DELTA, _NAME_DELTA = 1, 6, 7
_MOST_DELTAS = 60


def commit_report(root: Path, commit: str | None) -> CommitReport | None:
    """Return a commit with its author, who is None where the repository around a folder does not hold it."""
    return None if commit is None else _read(objects_folder(root), commit)


@lru_cache(maxsize=256)
def _read(objects: Path | None, commit: str) -> CommitReport:
    text = b""
    if objects is not None and re.fullmatch(r"[0-9a-f]{40}", commit):
        try:
            text = _loose(objects, commit) or _packed(objects, bytes.fromhex(commit)) or b""
        except (OSError, zlib.error, struct.error, IndexError, ValueError):
            # A repository that cannot be read takes the author away and nothing else.
            text = b""
    found = _AUTHOR.search(text.partition(b"\n\n")[0])
    if found is None:
        return CommitReport(commit)
    name, seconds, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == b"-" else 1)
    at = datetime.fromtimestamp(int(seconds), UTC).astimezone(timezone(offset))
    return CommitReport(commit, name.decode(errors="replace"), at)


def _loose(objects: Path, commit: str) -> bytes | None:
    file = objects / commit[:2] / commit[2:]
    return zlib.decompress(file.read_bytes()).partition(b"\0")[2] if file.is_file() else None


def _packed(objects: Path, name: bytes) -> bytes | None:
    for index in sorted((objects / "pack").glob("*.idx")):
        at = _place(index.read_bytes(), name)
        if at is not None:
            return _object(index, at)
    return None


def _place(index: bytes, name: bytes) -> int | None:
    """Return where an object lies in the pack of an index of version 2."""
    if index[:8] != b"\377tOc\0\0\0\2":
        return None
    counts = struct.unpack(">256I", index[8:1032])
    names = range(counts[-1])
    place = bisect_left(names, name, key=lambda at: index[1032 + 20 * at : 1052 + 20 * at])
    if place == counts[-1] or index[1032 + 20 * place : 1052 + 20 * place] != name:
        return None
    offsets = 1032 + 24 * counts[-1]
    (at,) = struct.unpack_from(">I", index, offsets + 4 * place)
    if at < 1 << 31:
        return int(at)
    (wide,) = struct.unpack_from(">Q", index, offsets + 4 * counts[-1] + 8 * (at - (1 << 31)))
    return int(wide)


def _object(index: Path, at: int, deltas: int = 0) -> bytes | None:
    """Return the content of a commit in a pack; a delta is applied to what it is made of."""
    if deltas > _MOST_DELTAS:
        return None
    with index.with_suffix(".pack").open("rb") as pack:
        pack.seek(at)
        # Commits are short, and so is what stands before their content.
        head = pack.read(1 << 16)
    kind, place = (head[0] >> 4) & 7, 0
    while head[place] & 0x80:
        place += 1
    place += 1
    if kind == _COMMIT:
        return zlib.decompressobj().decompress(head[place:])
    if kind == _OFFSET_DELTA:
        back = head[place] & 0x7F
        while head[place] & 0x80:
            place += 1
            back = ((back + 1) << 7) | (head[place] & 0x7F)
        base, place = _object(index, at - back, deltas + 1), place + 1
    elif kind == _NAME_DELTA:
        found = _place(index.read_bytes(), head[place : place + 20])
        base, place = None if found is None else _object(index, found, deltas + 1), place + 20
    else:
        return None
    return None if base is None else _applied(base, zlib.decompressobj().decompress(head[place:]))


def _applied(base: bytes, delta: bytes) -> bytes:
    """Return what a delta makes of its base: pieces of the base, and pieces of its own."""
    place, made = 0, bytearray()
    for _ in range(2):
        while delta[place] & 0x80:
            place += 1
        place += 1
    while place < len(delta):
        code, place = delta[place], place + 1
        if not code & 0x80:
            made += delta[place : place + code]
            place += code
            continue
        numbers = []
        for bits in ((0, 1, 2, 3), (4, 5, 6)):
            number = 0
            for shift, bit in enumerate(bits):
                if code & (1 << bit):
                    number |= delta[place] << (8 * shift)
                    place += 1
            numbers.append(number)
        start, size = numbers[0], numbers[1] or 0x10000
        made += base[start : start + size]
    return bytes(made)
