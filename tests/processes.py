"""Processes as the system tells of them. One that ends while it is looked at has ended, which is no error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Process:
    """A process of this user, as `ps` shows it."""

    pid: int
    parent: int
    command: str


def processes() -> Iterator[Process]:
    """This user's."""
    for process in psutil.process_iter():
        try:
            if process.uids().real == os.getuid():
                yield Process(process.pid, process.ppid(), " ".join(process.cmdline()))
        except psutil.Error:
            continue


def is_running(pid: int) -> bool:
    """False once it has ended, whether or not its parent has waited for it."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def children(pid: int) -> set[int]:
    """The processes that it has started and that are still there."""
    try:
        return {child.pid for child in psutil.Process(pid).children()}
    except psutil.NoSuchProcess:
        return set()


def rss(pid: int) -> int:
    """Bytes of memory that it holds; 0 once it has ended."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
