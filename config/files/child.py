"""Run a module of ours in a process of its own: what it reads may be broken and take any memory and time."""

from __future__ import annotations

import importlib
import resource
import signal
import subprocess
import sys
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

ROOT = Path(__file__).parents[2]


class ChildTimeout(Exception):
    """The module did not end in its seconds, or in twice of them by the clock; it has been killed."""


@dataclass(frozen=True)
class Limits:
    """What the process allows itself: bytes of address space, seconds of the processor, bytes of output."""

    memory: int
    seconds: int
    output: int


def run(module: str, content: bytes, limits: Limits, *arguments: int) -> tuple[int, bytes]:
    """Return exit code and output of the module's `main`, which gets the arguments, and the content as its input."""
    with TemporaryFile() as output:
        code = run_into(output, module, content, limits, *arguments)
        return code, output.read()


def run_into(output: IO[bytes], module: str, content: bytes, limits: Limits, *arguments: int) -> int:
    """Return the exit code; the output is written into a file of the disk, which is left at its start."""
    command = [sys.executable, "-I", __file__, module, *map(str, (*astuple(limits), *arguments))]
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


def _main(module: str, *numbers: str) -> None:
    """Run the module within the limits. It is imported after they are set, without Django."""
    memory, seconds, output, *arguments = map(int, numbers)
    for limit, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, output)):
        resource.setrlimit(limit, (most, most))
    sys.path.insert(0, str(ROOT))
    importlib.import_module(module).main(*arguments)


if __name__ == "__main__":
    _main(*sys.argv[1:])
