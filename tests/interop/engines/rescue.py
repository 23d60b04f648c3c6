#!/usr/bin/env python3
"""Handlers that block their loop, on one loop of the epoll engine: the other connections must not notice.

64 connections with records of 64 bytes, the next one when the last has come back; where answers are timed, after 5 ms of rest. What is
asked:
  sleeper        one handler sleeps 2 s again and again: the others' longest answer is at most 40 ms
  sleeper, new   the same, but each time as a new connection, which the loop has not yet learned to avoid
  crowd          20 handlers block 100 ms each, again and again: the others keep 70 % of their rate (medians of paired rounds, without and
                 with)
  random         1 to 200 ms at random places, in four ways, by connections that come and go: every byte is compared, none wrong, none hung
  off            with --no-rescue, sleeper must miss its bar: it can
Two cores that others use as well make pauses of their own: the longest answer without any blocking is measured in turns, and shown.
"""
import statistics
import sys

from served import Load, Table, arguments, blocking, parse

LONGEST = 40_000        # us
KEPT = 0.7
PACE = 5                # ms of rest between the records of a connection whose answers are timed
CASES = ["sleeper", "new", "crowd", "random", "off"]


def one_loop(options, engine, *more):
    return blocking(options, engine, "--loops", "1", *more)


def sleeper(options, table, load, engine, fresh):
    what = "one sleeps 2 s, each time as a new connection" if fresh else "one sleeps 2 s again and again"
    quiet, with_it = [], []
    with one_loop(options, engine) as server:
        for _ in range(options.rounds):
            quiet.append(load.run(server, connections=63, pace=PACE, seconds=options.seconds))
            with_it.append(load.run(server, connections=64, pace=PACE, blockers=1, ms=2000, fresh=int(fresh), seconds=options.seconds))
        table.note(engine, f"{what}: rescues", rescues(server))
    table.note(engine, f"{what}: without it, longest of each round", milliseconds(quiet))
    table.row(
        engine,
        f"{what}: the others' longest",
        milliseconds(with_it),
        "<= 40 ms each",
        max(each["max"] for each in with_it) <= LONGEST and is_clean(with_it))
    table.note(engine, f"{what}: p99 without and with", f"{quiet[0]['p99']} and {with_it[0]['p99']} us")


def crowd(options, table, load, engine):
    what = "20 block 100 ms"
    kept, rates, longest = [], [], []
    with one_loop(options, engine) as server:
        for _ in range(options.rounds):
            alone = load.run(server, connections=44, seconds=options.seconds)
            beside = load.run(server, connections=64, blockers=20, ms=100, seconds=options.seconds)
            kept.append(beside["rate"] / alone["rate"])
            rates.append((alone["rate"], beside["rate"]))
            longest.append(beside)
    median = statistics.median(kept)
    table.note(
        engine,
        f"{what}: answers/s without and with",
        f"{statistics.median(r[0] for r in rates):.0f} and {statistics.median(r[1] for r in rates):.0f}")
    table.note(engine, f"{what}: the others' longest", milliseconds(longest))
    table.note(engine, f"{what}: with / without, each round", " ".join(f"{ratio:.2f}" for ratio in sorted(kept)))
    table.row(engine, f"{what}: the others' rate (medians)", f"{median:.2f}", ">= 0.70", median >= KEPT and is_clean(longest))


def random_blocking(options, table, load, engine):
    with one_loop(options, engine) as server:
        result = load.run(
            server,
            connections=64,
            pace=PACE,
            blockers=48,
            ms=200,
            random=1,
            seed=options.seed,
            seconds=600 if options.long else 20)
        table.note(engine, "random blocking: rescues", rescues(server))
    table.note(
        engine,
        "random blocking: answers, asked to block, new connections",
        f"{result['answers']}, {result['blocked']}, {result['renewed']}")
    table.note(engine, "random blocking: those who never block, p50, p99, longest", f"{result['p50']}, {result['p99']}, {result['max']} us")
    table.row(
        engine,
        f"random blocking (seed {options.seed}): wrong, hung, lost",
        f"{result['wrong']}, {result['hung']}, {result['lost']}",
        "none",
        is_clean([result]))


def rescue_off(options, table, load, engine):
    with one_loop(options, engine, "--no-rescue") as server:
        result = load.run(server, connections=64, blockers=1, ms=2000, pace=PACE, seconds=options.seconds)
    table.row(
        engine,
        "rescue off, one sleeps 2 s: the others' longest",
        f"{result['max'] / 1000:.1f} ms",
        "> 40 ms: it must fail",
        result["max"] > LONGEST)


def rescues(server):
    summary = server.summary()
    return str(summary["RescueCount"]) if summary else "?"


def milliseconds(results):
    return " ".join(f"{each['max'] / 1000:.1f}" for each in results) + " ms"


def is_clean(results):
    return all(each["wrong"] == each["hung"] == each["lost"] == 0 for each in results)


def main():
    parser = arguments(__doc__, ["epoll"], program="Blocking")
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--long", action="store_true", help="random: 10 minutes instead of 20 s")
    options = parse(parser, ["epoll"])
    table, load = Table(), Load()
    for engine in options.engine:
        for case in options.case or CASES:
            if case in ("sleeper", "new"):
                sleeper(options, table, load, engine, fresh=case == "new")
            elif case == "crowd":
                crowd(options, table, load, engine)
            elif case == "random":
                random_blocking(options, table, load, engine)
            else:
                rescue_off(options, table, load, engine)
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main())
