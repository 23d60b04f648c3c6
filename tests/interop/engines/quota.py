"""A control group for one child process, with a share of the processors or of the memory: cgroup v1 or v2."""
import os
import time

PERIOD = 100_000        # us


class NoQuota(Exception):
    """This system, or this user, cannot have one; the text says why."""


class Group:
    """`enter` is called in the child, before the program begins: like a container's program, it has the limit from its first moment."""

    def __init__(self, controller, amount):
        self._folder = os.path.join(parent(controller), f"zocalo-{os.getpid()}")
        try:
            os.mkdir(self._folder)
        except OSError as error:
            raise NoQuota(f"no control group can be made: {error}") from error
        try:
            self._set(amount)
        except OSError as error:
            self._remove()
            raise NoQuota(f"the control group takes no quota: {error}") from error

    def _has(self, file):
        return os.path.exists(os.path.join(self._folder, file))

    def _write(self, file, value):
        with open(os.path.join(self._folder, file), "w", encoding="ascii") as to:
            to.write(str(value))

    def enter(self):
        self._write("cgroup.procs", os.getpid())

    def _read(self, file):
        with open(os.path.join(self._folder, file), encoding="ascii") as text:
            return text.read()

    def _remove(self):
        for _ in range(50):
            try:
                os.rmdir(self._folder)
                return
            except OSError:
                time.sleep(0.1)     # a process that has just ended is still in it
        print(f"{self._folder} could not be removed")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._remove()


class Quota(Group):
    """A share of the processors: cpu.cfs_quota_us, or cpu.max."""

    def __init__(self, processors):
        super().__init__("cpu", int(processors * PERIOD))

    def _set(self, amount):
        if self._has("cpu.cfs_quota_us"):
            self._write("cpu.cfs_period_us", PERIOD)
            self._write("cpu.cfs_quota_us", amount)
        else:
            self._write("cpu.max", f"{amount} {PERIOD}")

    def throttled(self):
        """Periods, and those in which the group had to stop because its share was used up."""
        counts = dict(line.split() for line in self._read("cpu.stat").splitlines())
        return int(counts["nr_periods"]), int(counts["nr_throttled"])


class MemoryLimit(Group):
    """A limit on memory: memory.limit_in_bytes, or memory.max."""

    def __init__(self, limit):
        super().__init__("memory", limit)

    def _set(self, amount):
        self._write("memory.limit_in_bytes" if self._has("memory.limit_in_bytes") else "memory.max", amount)

    def peak(self):
        """The most bytes that the group has had."""
        return int(self._read("memory.max_usage_in_bytes" if self._has("memory.max_usage_in_bytes") else "memory.peak"))


def parent(controller):
    """Where the controller is: with v1 the group that this process is in, with v2 the root (a group below it that has processes of its
    own may not have others beneath)."""
    with open("/proc/self/cgroup", encoding="ascii") as groups:
        paths = dict(line.rstrip("\n").split(":", 2)[1:] for line in groups)
    for names, path in paths.items():
        if controller in names.split(","):
            return first_folder(mount + end for end in (path, "") for mount in (f"/sys/fs/cgroup/{names}", f"/sys/fs/cgroup/{controller}"))
    root = first_folder(["/sys/fs/cgroup/unified", "/sys/fs/cgroup"])
    control = os.path.join(root, "cgroup.subtree_control")
    try:
        with open(control, encoding="ascii") as switched_on:
            if controller in switched_on.read().split():
                return root
        with open(control, "w", encoding="ascii") as switch:
            switch.write(f"+{controller}")
    except OSError as error:
        raise NoQuota(f"the {controller} controller cannot be switched on: {error}") from error
    return root


def first_folder(folders):
    for folder in folders:
        if os.path.isdir(folder):
            return folder
    raise NoQuota("no control groups are mounted")
