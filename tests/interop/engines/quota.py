"""A control group with a share of the processors, for one child process: cgroup v1 (cpu.cfs_quota_us) or v2 (cpu.max)."""
import os
import time

PERIOD = 100_000        # us


class NoQuota(Exception):
    """This system, or this user, cannot have one; the text says why."""


class Quota:
    """`enter` is called in the child, before the program begins: like a container's program, it has the quota from its first moment."""

    def __init__(self, processors):
        self._folder = os.path.join(parent(), f"zocalo-{os.getpid()}")
        try:
            os.mkdir(self._folder)
        except OSError as error:
            raise NoQuota(f"no control group can be made: {error}") from error
        try:
            self._set(int(processors * PERIOD))
        except OSError as error:
            self._remove()
            raise NoQuota(f"the control group takes no quota: {error}") from error

    def _set(self, microseconds):
        if os.path.exists(os.path.join(self._folder, "cpu.cfs_quota_us")):
            self._write("cpu.cfs_period_us", PERIOD)
            self._write("cpu.cfs_quota_us", microseconds)
        else:
            self._write("cpu.max", f"{microseconds} {PERIOD}")

    def _write(self, file, value):
        with open(os.path.join(self._folder, file), "w", encoding="ascii") as to:
            to.write(str(value))

    def enter(self):
        self._write("cgroup.procs", os.getpid())

    def throttled(self):
        """Periods, and those in which the group had to stop because its share was used up."""
        with open(os.path.join(self._folder, "cpu.stat"), encoding="ascii") as stat:
            counts = dict(line.split() for line in stat)
        return int(counts["nr_periods"]), int(counts["nr_throttled"])

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


def parent():
    """Where the cpu controller is: with v1 the group that this process is in, with v2 the root (a group below it that has processes of its
    own may not have others beneath)."""
    with open("/proc/self/cgroup", encoding="ascii") as groups:
        paths = dict(line.rstrip("\n").split(":", 2)[1:] for line in groups)
    for names, path in paths.items():
        if "cpu" in names.split(","):
            return first_folder(mount + end for end in (path, "") for mount in (f"/sys/fs/cgroup/{names}", "/sys/fs/cgroup/cpu"))
    root = first_folder(["/sys/fs/cgroup/unified", "/sys/fs/cgroup"])
    control = os.path.join(root, "cgroup.subtree_control")
    try:
        with open(control, encoding="ascii") as switched_on:
            if "cpu" in switched_on.read().split():
                return root
        with open(control, "w", encoding="ascii") as switch:
            switch.write("+cpu")
    except OSError as error:
        raise NoQuota(f"the cpu controller cannot be switched on: {error}") from error
    return root


def first_folder(folders):
    for folder in folders:
        if os.path.isdir(folder):
            return folder
    raise NoQuota("no control groups are mounted")
