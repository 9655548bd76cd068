"""Run a program of ours in a process of its own: what it reads may be broken and take any memory and time."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO


class ChildTimeout(Exception):
    """The program did not end in its seconds, or in twice of them by the clock; it has been killed."""


@dataclass(frozen=True)
class Limits:
    """What the program allows itself: bytes of address space, seconds of the processor, bytes of output."""

    memory: int
    seconds: int
    output: int


def run(program: Path, content: bytes, limits: Limits, *arguments: int) -> tuple[int, bytes]:
    """Return exit code and output of a program that gets the content as input, and the limits as first arguments."""
    with TemporaryFile() as output:
        code = run_into(output, program, content, limits, *arguments)
        return code, output.read()


def run_into(output: IO[bytes], program: Path, content: bytes, limits: Limits, *arguments: int) -> int:
    """Return the exit code; the output is written into a file of the disk, which is left at its start."""
    numbers = (limits.memory, limits.seconds, limits.output, *arguments)
    command = [sys.executable, "-I", str(program), *map(str, numbers)]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            input=content,
            stdout=output,
            stderr=subprocess.DEVNULL,
            timeout=limits.seconds * 2,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChildTimeout from None
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise ChildTimeout
    output.seek(0)
    return done.returncode
