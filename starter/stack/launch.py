"""Become another program whose life is tied to the process that started it.

    python -I launch.py PARENT DEATH_SIGNAL USER PROGRAM [ARGUMENT...]

`PARENT` is the supervisor's process id, `DEATH_SIGNAL` the number of the signal that the program
gets when the supervisor dies, however it dies, and `USER` a user id to become first, or `-`.

Run by its path and free of imports from the rest, so that it costs one bare interpreter start. A
separate program, and not code between fork and exec, because the supervisor has threads.

The death signal is Linux's; elsewhere the supervisor's next start sweeps what a dead one left.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_OVERRIDE = 1
LINUX_CAPABILITY_VERSION_3 = 0x20080522


def checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def become(user: int) -> None:
    """Give up root for `user`, but keep the right to pass closed folders (Linux).

    PostgreSQL refuses to run as root, and a plain change of user could not even reach its programs
    when the checkout lies in a folder that only root may enter. Opening such folders to everybody
    would be worse than lending one capability to a server that root started anyhow.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux":
        checked(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities")
    os.setgroups([])
    os.setgid(pwd.getpwuid(user).pw_gid)
    os.setuid(user)
    if sys.platform == "linux":
        mask = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
        # Two sets of (effective, permitted, inheritable); the second is for capabilities above 31.
        data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
        checked(libc.capset(header, data), "limit capabilities")
        raised = libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
        checked(raised, "keep the capability over exec")


def main() -> None:
    parent, death_signal, user, *program = sys.argv[1:]
    if user != "-":
        become(int(user))
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        libc = ctypes.CDLL(None, use_errno=True)
        checked(libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0), "tie to the supervisor")
    if os.getppid() != int(parent):
        sys.exit("the supervisor died first")
    os.execvp(program[0], program)  # noqa: S606 - to become the program is this file's purpose


main()
