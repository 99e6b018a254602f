"""How much CPU time a container or a service manager leaves this process: its cgroup's quota."""

from __future__ import annotations

from pathlib import Path


class Unreadable(Exception):
    """Whether there is a quota cannot be told; the message says why."""


def cpu_quota(root: Path = Path("/")) -> float | None:
    """CPUs' worth of time that may be used, the least of this process's cgroup and those above it.

    None where nobody limits it. Knows cgroup v2 (cpu.max) and v1 (cpu.cfs_quota_us): Linux,
    admin-guide/cgroup-v2.rst and scheduler/sched-bwc.rst. Raises Unreadable.
    """
    mount = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise Unreadable(f"/proc/self/cgroup: {error.strerror or error}") from None
    if not mount.is_dir():
        raise Unreadable("there is no /sys/fs/cgroup here")
    quotas = [quota for line in lines for quota in _of(mount, line)]
    return min(quotas, default=None)


def _of(mount: Path, line: str) -> list[float]:
    """The quotas along one hierarchy: a line of /proc/self/cgroup, `id:controllers:path`."""
    _, _, rest = line.partition(":")
    controllers, _, path = rest.partition(":")
    if controllers == "":
        top = mount
    elif "cpu" in controllers.split(","):
        top = next((one for one in (mount / controllers, mount / "cpu") if one.is_dir()), mount)
    else:
        return []
    found = []
    # in a container the path may be the host's, and the mount the container's own: then only the top is there
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    for count in range(len(parts), -1, -1):
        quota = _quota(top.joinpath(*parts[:count]))
        if quota is not None:
            found.append(quota)
    return found


def _quota(folder: Path) -> float | None:
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text("ascii").split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text("ascii").strip()
            period = (folder / "cpu.cfs_period_us").read_text("ascii").strip()
        return int(quota) / int(period) if quota.isdecimal() and int(period) > 0 else None
    except (OSError, ValueError):
        return None
