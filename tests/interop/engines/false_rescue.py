#!/usr/bin/env python3
"""A machine that is too busy is not a handler that blocks: an echo's loops are never taken over.

64 connections with records of 64 bytes, the next one a few milliseconds after the last has come back. Clients, server and load have the
same priority here, and are one group of the scheduler.
  load           beside 8 busy loops on all processors: no rescue
  quota          the server has half a processor (a control group's quota), and its clients ask without a rest, so that it is stopped for
                 most of each tenth of a second: no rescue
  control        beside the same 8 busy loops, handlers that truly sleep 50 ms: there are rescues
What else the server logs is shown: connections that were moved to the thread pool without a rescue are among its events.
"""
import subprocess
import sys
from contextlib import contextmanager, nullcontext

from quota import NoQuota, Quota
from served import Load, Table, arguments, blocking, events, parse

CASES = ["load", "quota", "control"]
BUSY_LOOPS = 8
PACE = 5        # ms


def go_with_the_others():
    """Where the other scripts go before them: see go_before_others."""


@contextmanager
def busy_loops():
    loops = [subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(BUSY_LOOPS)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def serve(options, engine, load, beside, first=go_with_the_others, **settings):
    with beside, blocking(options, engine, first=first) as server:
        result = load.run(server, connections=64, **settings)
        summary = server.summary()
    if summary is None:
        sys.exit(f"the server did not end: {server.said}")
    return result, summary


def show(table, engine, what, result, summary):
    table.note(engine, f"{what}: answers, p50, p99, longest", f"{result['answers']}, {result['p50']}, {result['p99']}, {result['max']} us")
    table.note(engine, f"{what}: events", events(summary))
    faults = [result[name] for name in ("wrong", "hung", "lost")]
    table.row(engine, f"{what}: wrong, hung, lost", ", ".join(map(str, faults)), "none", not any(faults))


def under_load(options, table, load, engine):
    what = f"beside {BUSY_LOOPS} busy loops"
    result, summary = serve(options, engine, load, busy_loops(), pace=PACE, seconds=options.seconds)
    show(table, engine, what, result, summary)
    table.note(engine, f"{what}: the clients waited for a processor", f"{result['waited'] / 1e6:.1f} s")
    table.row(engine, f"{what}: rescues", str(summary["RescueCount"]), "0", summary["RescueCount"] == 0)


def under_quota(options, table, load, engine):
    what = "with half a processor"
    try:
        with Quota(0.5) as quota:
            result, summary = serve(options, engine, load, nullcontext(), first=quota.enter, seconds=options.seconds)
            periods, throttled = quota.throttled()
    except NoQuota as reason:
        print(f"{engine:8} {what}: skipped, {reason}")
        return
    show(table, engine, what, result, summary)
    table.row(engine, f"{what}: stopped, of periods", f"{throttled} of {periods}", "more than half", throttled * 2 > periods)
    table.row(engine, f"{what}: rescues", str(summary["RescueCount"]), "0", summary["RescueCount"] == 0)


def control(options, table, load, engine):
    what = f"beside {BUSY_LOOPS} busy loops, 4 sleep 50 ms"
    result, summary = serve(
        options, engine, load, busy_loops(), pace=PACE, blockers=4, ms=50, fresh=1, seconds=min(20, options.seconds))
    show(table, engine, what, result, summary)
    slept, rescues = summary["Blocked"], summary["RescueCount"]
    table.row(engine, f"{what}: rescues, of times", f"{rescues} of {slept}", "more than half", rescues * 2 > slept)


def main():
    parser = arguments(__doc__, ["epoll"], program="Blocking")
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--seconds", type=float, help="of each case (default: 60)")
    parser.add_argument("--long", action="store_true", help="10 minutes each")
    options = parse(parser, ["epoll"])
    options.seconds = options.seconds or (600 if options.long else 60)
    table, load = Table(), Load(first=go_with_the_others)
    run = {"load": under_load, "quota": under_quota, "control": control}
    for engine in options.engine:
        for case in options.case or CASES:
            run[case](options, table, load, engine)
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main())
