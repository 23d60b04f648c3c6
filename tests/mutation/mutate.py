#!/usr/bin/env python3
"""Does the suite notice when the library is wrong?

Each file in mutations/ holds mistakes that somebody could make in one room of src/Zocalo: the exact text that is replaced, the text in its
place, and what a user would suffer. They are put into a copy of the sources, one at a time; the copy is built, and the suite runs until a
test fails.

    tests/mutation/mutate.py                     all of them, after one run without any
    tests/mutation/mutate.py --only "short write"
    tests/mutation/mutate.py --from "a drain"    that one and all behind it
    tests/mutation/mutate.py --list
    tests/mutation/mutate.py --check             does each of them apply? Without a build, in a second

A mistake counts as caught when a test fails, and fails again when it is run by itself; or when the run hangs or crashes. The result is a
table in Markdown, written after each mistake; rows that this run did not renew stay. Exit code 1: fewer than 95 % were caught, or one does
not apply (its text is no longer there exactly once: mend the list) or does not build, or the suite fails without any.
"""

import argparse
import signal
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from suite import ROOT, STAGES, BuildError, Failure, Tree, applies

LISTS = Path(__file__).resolve().parent / "mutations"
ENOUGH = 0.95
CAUGHT, SURVIVED, DOUBTFUL, STALE, BROKEN = "caught", "SURVIVED", "DOUBTFUL", "DOES NOT APPLY", "DOES NOT BUILD"


@dataclass(frozen=True)
class Mutation:
    """One mistake."""
    name: str
    file: str
    suffers: str
    old: str
    new: str
    first: str              # the stage to begin with


@dataclass(frozen=True)
class Verdict:
    word: str
    by: str = ""
    seconds: float = 0


def read_mutations():
    names = {stage.name for stage in STAGES}
    found = []
    for path in sorted(LISTS.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        first = table.get("first", STAGES[0].name)
        found += [Mutation(**{"first": first, **entry}) for entry in table["mutation"]]
    if unknown := {one.first for one in found} - names:
        sys.exit(f"there is no stage with the name: {', '.join(sorted(unknown))}")
    doubles = {one.name for one in found if sum(other.name == one.name for other in found) > 1}
    if doubles:
        sys.exit(f"the same name twice: {', '.join(sorted(doubles))}")
    return found


def choose(every, only, begin):
    if begin:
        places = [i for i, one in enumerate(every) if begin in one.name]
        every = every[places[0]:] if places else []
    return [one for one in every if not only or any(part in one.name for part in only)]


class Table:
    """The results in Markdown, a row for each mutation in the order of the list."""

    def __init__(self, path, every):
        self.path = path
        self.every = every
        self.rows = {}
        if path.exists():
            names = {one.name for one in every}
            rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
            self.rows = {row.split(" | ")[0][2:]: row for row in rows if row.split(" | ")[0][2:] in names}

    def add(self, mutation, verdict):
        file = mutation.file.removeprefix("src/Zocalo/")
        self.rows[mutation.name] = (
            f"| {mutation.name} | {file} | {mutation.suffers} | {verdict.word} | {verdict.by} | {verdict.seconds:.0f} |")
        rows = [self.rows[one.name] for one in self.every if one.name in self.rows]
        caught = sum(f" | {CAUGHT} | " in row for row in rows)
        text = [
            f"{caught} of {len(rows)} mutations caught, {caught / len(rows):.1%}.",
            "",
            "| mutation | in | what a user would suffer | verdict | by | seconds |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("\n".join(text) + "\n", encoding="utf-8")


def judge(tree, mutation):
    started = time.monotonic()
    if not tree.applies(mutation):
        return Verdict(STALE)
    try:
        with tree.with_mistake(mutation):
            seen_once = tree.run_suite(mutation.first)
        word, by = (DOUBTFUL, seen_once) if seen_once else (SURVIVED, "")
    except BuildError as error:
        word, by = BROKEN, str(error)
    except Failure as failure:
        word, by = CAUGHT, str(failure)
    return Verdict(word, by, time.monotonic() - started)


def check(chosen):
    """The exit code."""
    stale = [one for one in chosen if one.old == one.new or not applies(one)]
    for one in stale:
        print(f"{STALE}: {one.name}  [{one.file}]")
    print(f"{len(chosen) - len(stale)} of {len(chosen)} apply")
    return 1 if stale else 0


def run_all(chosen, table, first_without):
    """The verdicts; None if the suite fails without any."""
    with tempfile.TemporaryDirectory(prefix="zocalo-mutation-", ignore_cleanup_errors=True) as folder:
        tree = Tree(folder)
        for mutation in chosen:
            if not tree.applies(mutation):
                print(f"{STALE}: {mutation.name}", flush=True)     # now, and not in an hour
        if first_without:
            try:
                print(f"without any: passed. {tree.run_suite(STAGES[0].name)}", flush=True)
            except (Failure, BuildError) as error:
                print(f"the suite fails without any: {error}")     # and would catch everything
                return None
        verdicts = []
        for mutation in chosen:
            verdict = judge(tree, mutation)
            print(f"{verdict.word:14} {verdict.seconds:4.0f} s  {mutation.name}  [{verdict.by}]", flush=True)
            table.add(mutation, verdict)
            verdicts.append(verdict)
        return verdicts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME", action="append", help="those with this in their name; may be given again")
    parser.add_argument("--from", metavar="NAME", dest="begin", help="begin at the first one with this in its name")
    parser.add_argument("--list", action="store_true", help="only list them")
    parser.add_argument("--check", action="store_true", help="only say which do not apply, or change nothing; exit code 1 if any")
    parser.add_argument("--unchecked", action="store_true", help="do not run the suite without any mutation first; so it is with --only")
    parser.add_argument(
        "--results",
        metavar="FILE",
        type=Path,
        default=ROOT / "artifacts" / "mutation.md",
        help="where the table goes (artifacts/mutation.md)")
    options = parser.parse_args()

    every = read_mutations()
    chosen = choose(every, options.only, options.begin)
    if not chosen:
        sys.exit("no mutation has that in its name")
    if options.list:
        for one in chosen:
            print(f"{one.name}\n    {one.file}: {one.suffers}")
        return 0
    if options.check:
        return check(chosen)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))      # so that what was started ends, and the copy goes
    verdicts = run_all(chosen, Table(options.results, every), first_without=not (options.unchecked or options.only))
    if verdicts is None:
        return 1
    caught = sum(verdict.word == CAUGHT for verdict in verdicts)
    print(f"{caught} of {len(verdicts)} caught, {caught / len(verdicts):.1%}; the table is in {options.results}")
    spoilt = any(verdict.word in (STALE, BROKEN) for verdict in verdicts)
    return 1 if spoilt or caught < ENOUGH * len(verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
