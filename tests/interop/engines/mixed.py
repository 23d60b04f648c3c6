#!/usr/bin/env python3
"""Handlers that use what handlers use, on the epoll engine and on async: no answer is wrong, and none is missing.

48 clients ask the program Mixed for HttpClient, a database's client, Channel<T>, timers, Parallel.ForEachAsync, Task.Run, and for the same
by .Result, .Wait() and GetAwaiter().GetResult(), for locks and semaphores; half of the clients never ask for what blocks. Connections come
and go. The bars:
  answers        every byte as it must be, none lost, none that does not come within 60 s, no handler that does not end
  contexts       after an await, code is in its own connection's SynchronizationContext, or in none when the connection was moved to the
                 thread pool; never in another one
  control        with rescue off, on epoll for 5 s, the first bar is missed
Shown, and no error: awaits after which a connection that has never blocked had lost its context, so was moved without a reason.
"""
import json
import subprocess
import sys

from served import Table, arguments, events, parse

CONTROL_SECONDS = 5
PATIENCE = 300      # s, after the clients should have ended: the program's own limits come first


def run(options, engine, seconds, *more):
    words = ["--engine", engine, "--seconds", str(seconds), "--seed", str(options.seed), "--connections", str(options.connections), *more]
    try:
        ended = subprocess.run([options.program, *words], capture_output=True, text=True, check=False, timeout=seconds + PATIENCE)
    except subprocess.TimeoutExpired:
        sys.exit(f"Mixed {' '.join(words)} did not end")
    if not more:
        print(ended.stderr, end="", file=sys.stderr)
    lines = [line for line in ended.stdout.splitlines() if line.startswith("{")]
    if not lines:
        sys.exit(f"Mixed {' '.join(words)} ended with {ended.returncode} and without a result")
    return ended.returncode, json.loads(lines[-1])


def show(table, engine, seconds, code, result):
    what = f"{seconds} s mixed (seed {result['seed']})"
    table.note(engine, f"{what}: answers, connections", f"{result['answers']}, {result['connections']}")
    slowest = sorted(result["works"].items(), key=lambda work: -work[1]["longest"])[:4]
    table.note(engine, f"{what}: longest answers", ", ".join(f"{name} {work['longest']:.0f} ms" for name, work in slowest))
    table.note(engine, f"{what}: rescues, of the servers behind", f"{result['rescues']}, {result['backendRescues']}")
    table.note(engine, f"{what}: events", events(result))
    faults = [result[name] for name in ("wrong", "hung", "lost")]
    table.row(engine, f"{what}: wrong, hung, lost", ", ".join(map(str, faults)), "none", not any(faults))
    left = ", ".join(result["left"]) or str(result["stayed"])
    table.row(engine, f"{what}: handlers that did not end", left, "0", result["stayed"] == 0)
    homes = result["homes"]
    table.note(engine, f"{what}: awaits back in the context, on the pool", f"{homes['Kept']}, {homes['Without']}")
    table.note(engine, f"{what}: moved to the pool after blocking, came back", f"{homes['Moved']}, {homes['CameBack']}")
    table.note(engine, f"{what}: moved and never blocked", str(homes["MovedForNothing"]))
    table.row(engine, f"{what}: in another connection's context", str(homes["Astray"]), "0", homes["Astray"] == 0)
    table.row(engine, f"{what}: exit code", str(code), "0", code == 0)


def control(options, table):
    code, result = run(options, "epoll", CONTROL_SECONDS, "--no-rescue", "--patience", str(CONTROL_SECONDS))
    faults = [result[name] for name in ("wrong", "hung", "lost")]
    table.row(
        "epoll",
        f"{CONTROL_SECONDS} s with rescue off: wrong, hung, lost",
        ", ".join(map(str, faults)),
        "some: it must fail",
        code == 1 and any(faults))


def main():
    engines = ["epoll", "async"]
    parser = arguments(__doc__, [*engines, "auto"], program="Mixed")
    parser.add_argument("--seconds", type=int, help="on each engine (default: 20)")
    parser.add_argument("--connections", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--long", action="store_true", help="10 minutes each")
    options = parse(parser, engines)
    table = Table()
    for engine in options.engine:
        seconds = options.seconds or (600 if options.long else 20)
        show(table, engine, seconds, *run(options, engine, seconds))
    if "epoll" in options.engine:
        control(options, table)
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main())
