"""A folder that is watched: what is put into it is taken, handed in, followed, and put away.

Taking is one rename, so that of several watchers one has the file. While it works on a file a
watcher holds a lock on it, which the system lets go of when the watcher dies, however it dies; what
lies in `taken/` unlocked is gone on with by whoever sees it first. The import remembers under which
name the file was taken: handed in once, it is not handed in again.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from starter import import_words
from starter.imports import CannotTakeError, Handing, Imports
from store import imports as rows
from store.imports import ImportStatus, RecordStatus
from store.tables import FileImport

log = logging.getLogger("karhu.watch")

TAKEN, DONE, FAILED = "taken", "done", "failed"

LOOK_SECONDS = 0.5

SETTLED_SECONDS = 2.0
"""A file is taken once it has not changed for so long: whoever writes it may not be done."""

AT_ONCE = 4
"""Files followed at once."""

_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
_PAGE = 500


@dataclass
class Watch:
    """One watcher of one folder. `report` is told a line for each file that is put away."""

    folder: Path
    imports: Imports
    company: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    report: Callable[[str], None] = lambda _line: None
    settled_seconds: float = SETTLED_SECONDS
    _under_way: dict[Path, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self, *, once: bool = False) -> None:
        """Watch until cancelled; `once`: until nothing is left to do."""
        for name in (TAKEN, DONE, FAILED):
            (self.folder / name).mkdir(exist_ok=True)
        try:
            while True:
                waiting = self._look()
                if once and not waiting and not self._under_way:
                    return
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            # What has been taken lies in taken/, for the next watcher.
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _look(self) -> bool:
        """Begin with what is there, as far as there is room; whether something is left."""
        for path, task in list(self._under_way.items()):
            if task.done():
                del self._under_way[path]
                if (error := task.exception()) is not None:
                    # Its type alone: the words may repeat a row.
                    log.warning("%s waits in %s: %s", path.name, TAKEN, type(error).__name__)
        left = [path for path in self._files(self.folder / TAKEN) if path not in self._under_way]
        arriving = list(self._files(self.folder))
        left += [taken for path in arriving if self._settled(path) and (taken := self._take(path))]
        for path in left:
            if len(self._under_way) < AT_ONCE and path not in self._under_way:
                self._under_way[path] = asyncio.create_task(self._handle(path))
        return bool(left or arriving)

    def _files(self, folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            hidden = path.name.startswith(".") or path.suffix.lower() in _UNFINISHED
            if not hidden and not path.name.endswith(".report.txt") and path.is_file():
                yield path

    def _settled(self, path: Path) -> bool:
        try:
            return time.time() - path.stat().st_mtime >= self.settled_seconds
        except FileNotFoundError:
            return False

    def _take(self, path: Path) -> Path | None:
        """Rename it into `taken/`, under a name that nothing else has; None if another has it."""
        taken = self.folder / TAKEN / f"{secrets.token_hex(4)}-{path.name}"
        try:
            path.rename(taken)
        except FileNotFoundError:
            return None
        return taken

    async def _handle(self, path: Path) -> None:
        with _held(path) as stream:
            if stream is None:
                return
            try:
                row = await self._handed_in(path, stream)
            except CannotTakeError as refused:
                self._put_away(path, FAILED, [str(refused)])
                self.report(f"{_name(path)}: {refused}")
                return
            lines = await self._bad(row)
            well = row.status == ImportStatus.DONE and (row.bad < row.read or not row.read)
            if row.problem:
                lines.insert(0, row.problem)
            self._put_away(path, DONE if well else FAILED, lines)
            summed = await self.imports.summed(row.id)
            self.report(f"import {row.id}, {row.name}: {import_words.counts(row, summed)}")

    async def _handed_in(self, path: Path, stream: BinaryIO) -> FileImport:
        """The file's import, at its end; begun by this watcher or by one that died."""
        mark = f"karhu watch, {path.name}"

        def known() -> FileImport | None:
            with self.imports.database.transaction() as session:
                return rows.by_mark(session, mark)

        row = await asyncio.to_thread(known)
        if row is not None:
            return await self.imports.ended(row.id)
        handing = Handing(_name(path), mark, self.company, self.columns)
        return await self.imports.ended(await self.imports.hand_in(stream, handing))

    async def _bad(self, row: FileImport) -> list[str]:
        lines: list[str] = []
        after = 0
        while page := await self.imports.records(
            row.id, [RecordStatus.BAD], after=after, limit=_PAGE
        ):
            lines += [import_words.of_record(row, record) for record in page]
            after = page[-1].serial
        return lines

    def _put_away(self, path: Path, where: str, lines: list[str]) -> None:
        """Move it, with a report beside it if there is something to say. The report comes first: a
        file that has been put away is never looked at again."""
        if lines:
            report = self.folder / where / f"{path.name}.report.txt"
            report.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        path.rename(self.folder / where / path.name)


def _name(path: Path) -> str:
    """The name that the file came with."""
    return path.name.partition("-")[2] or path.name


@contextmanager
def _held(path: Path) -> Iterator[BinaryIO | None]:
    """The taken file, open and held; None if another watcher holds it or has put it away."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with stream:
        try:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        # Put away between opening and holding, it is not ours.
        yield stream if path.exists() else None
