"""The suite, and copies of the sources to run it on."""

import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Stage:
    """A part of the suite."""
    name: str
    project: str
    seconds: int            # then it hangs
    environment: dict


# The cheapest first. A file of mutations, or one mutation, can name another one to begin with (first = "tests").
STAGES = [
    Stage("contract in a simulation", "Zocalo.Contract", 180, {"ZOCALO_ROWS": "simulated/tcp4"}),
    Stage("contract in memory", "Zocalo.Contract", 180, {"ZOCALO_ROWS": "in-memory"}),
    Stage("contract on async", "Zocalo.Contract", 360, {"ZOCALO_ROWS": "async"}),
    Stage("contract on epoll", "Zocalo.Contract", 360, {"ZOCALO_ROWS": "epoll"}),
    Stage("contract on threads", "Zocalo.Contract", 360, {"ZOCALO_ROWS": "threads"}),
    Stage("simulation", "Zocalo.Simulation", 360, {}),
    Stage("tests", "Zocalo.Tests", 360, {}),
]
BUILD_SECONDS = 600
REPEATS = 3                 # of a failed test by itself: a race need not show every time
TRIES = 2                   # of a stage whose failed test did not fail again: it may have hidden another
NO_TEST_RAN = 8             # an exit code of Microsoft.Testing.Platform
FAILED = re.compile(r"^failed ([\w.+]+)(?:\(transport: (\S+)\))?.*\n", re.MULTILINE)

# A mistake that fills the memory fails by this, not by filling the machine's. In bytes, hexadecimal.
HEAP = {"DOTNET_GCHeapHardLimit": "0xC0000000"}

# What a build makes.
NOT_COPIED = shutil.ignore_patterns(".git", "artifacts", "bin", "obj", "__pycache__", "TestResults")

# A mistake may leave a parameter unused; that is not what should refuse it.
BUILD = ["dotnet", "build", "-c", "Release", "-v", "q", "-nologo", "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false"]


class BuildError(Exception):
    pass


class Failure(Exception):
    """What ended a stage."""

    def __init__(self, stage, how, test=None):
        super().__init__(f"{stage.name}: {how}")
        self.test = test    # its full name, for a failed test


class Tree:
    """A copy of the sources, to be spoilt."""

    def __init__(self, folder):
        self.root = Path(folder) / "zocalo"
        shutil.copytree(ROOT, self.root, ignore=NOT_COPIED)

    def applies(self, mutation):
        return applies(mutation, self.root)

    @contextmanager
    def with_mistake(self, mutation):
        path = self.root / mutation.file
        whole = path.read_bytes()
        path.write_text(path.read_text(encoding="utf-8-sig").replace(mutation.old, mutation.new), encoding="utf-8")
        try:
            yield
        finally:
            path.write_bytes(whole)

    def run_suite(self, first):
        """Runs every stage, until one finds something.

        Returns what was seen once only, if anything. Raises Failure, or BuildError.
        """
        seen_once = ""
        built = set()
        for stage in sorted(STAGES, key=lambda stage: stage.name != first):
            if stage.project not in built:
                self.build(stage.project)
                built.add(stage.project)
            for _ in range(TRIES):
                try:
                    self.run(stage)
                    break
                except Failure as failure:
                    if failure.test is None or self.fails_again(stage, failure.test):
                        raise
                    seen_once = f"{failure}, not again"
        return seen_once

    def build(self, project):
        code, output = self.start([*BUILD, str(self.root / "tests" / project)], BUILD_SECONDS, {}, is_build=True)
        if code != 0:
            error = re.search(r"\berror \w+: .*", output)
            raise BuildError(error[0] if error else f"{project} does not build")

    def run(self, stage, *arguments):
        program = self.root / "artifacts" / "bin" / stage.project / "release" / stage.project
        code, output = self.start([str(program), "--no-ansi", "--no-progress", *arguments], stage.seconds, {**HEAP, **stage.environment})
        if failed := FAILED.search(output):
            short = ".".join(failed[1].split(".")[-2:])
            raise Failure(stage, f"`{short}`" + (f" on {failed[2]}" if failed[2] else ""), failed[1])
        if code is None:
            raise Failure(stage, f"hung for {stage.seconds} s")
        if code == NO_TEST_RAN:
            raise RuntimeError(f"no test ran in {stage.name} {' '.join(arguments)}")
        if code != 0:
            unhandled = re.search(r"^Unhandled exception\. ([\w.]+)", output, re.MULTILINE)
            raise Failure(stage, f"crashed with {unhandled[1]}" if unhandled else f"crashed with exit code {code}")

    def fails_again(self, stage, test):
        for _ in range(REPEATS):
            try:
                self.run(stage, "--filter-method", test)
            except Failure:
                return True
        return False

    def start(self, command, seconds, environment, is_build=False):
        """Runs a program, in a process group of its own which ends with it, until a test fails. Exit code None: it did not end by
        itself."""
        log = self.root / "output.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=self.root,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True)
            code = None
            try:
                code = wait(process, seconds, log)
            finally:
                if code is None or not is_build:            # a build leaves servers behind, for the next one
                    end_group(process)
        return code, text_of(log)


def applies(mutation, root=ROOT):
    """Whether the text that it replaces stands in its file exactly once."""
    path = root / mutation.file
    return path.exists() and path.read_text(encoding="utf-8-sig").count(mutation.old) == 1


def wait(process, seconds, log):
    """The exit code. None at the first failed test: others that hang would only hold up what is known."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return process.wait(0.5)
        except subprocess.TimeoutExpired:
            if FAILED.search(text_of(log)):
                break
    return None


def text_of(log):
    return log.read_text(encoding="utf-8", errors="replace")


def end_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
