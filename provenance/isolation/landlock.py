"""Landlock: the kernel's way to take file-system and TCP access away from a process for good.

Raw system calls, because the C library has no wrappers; their numbers are the same everywhere.
The rights of each version (ABI) are those of `include/uapi/linux/landlock.h`.
"""

import ctypes
import os
import struct
from collections.abc import Callable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

_EXECUTE = 1 << 0
_FILES_ABI_1 = (1 << 13) - 1
_REFER_ABI_2, _TRUNCATE_ABI_3, _IOCTL_DEVICE_ABI_5 = 1 << 13, 1 << 14, 1 << 15
_TCP_ABI_4 = 0b11  # bind, connect
_SCOPE_ABI_6 = 0b11  # abstract UNIX sockets, signals

_FIRST_ABI_WITH_TCP, _FIRST_ABI_WITH_SCOPES = 4, 6

_RULESET_ATTRIBUTES = struct.Struct("=QQQ")  # handled_access_fs, handled_access_net, scoped
_PATH_BENEATH_ATTRIBUTES = struct.Struct("=Qi")  # allowed_access, parent_fd

Kernel = Callable[..., int]
"""Makes the system call of the given number."""


def restrict_to(scratch: Path | None, call: Kernel | None = None) -> tuple[str, ...]:
    """Deny this thread and its children every file and TCP but below `scratch`; say what holds.

    `no_new_privs` must be set. Returns nothing where the kernel has no Landlock or refuses.
    """
    call = call or _call_kernel
    version = call(_CREATE_RULESET, None, ctypes.c_size_t(0), _CREATE_RULESET_VERSION)
    if version <= 0:
        return ()
    files, ports, scopes = _rights(version)
    # A kernel takes a longer struct than it knows as long as the rest is zero.
    attributes = _RULESET_ATTRIBUTES.pack(files, ports, scopes)
    ruleset = call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return ()
    try:
        if scratch is not None:
            _allow_beneath(ruleset, scratch, files & ~_EXECUTE, call)
        if call(_RESTRICT_SELF, ruleset, 0) != 0:
            return ()
    finally:
        os.close(ruleset)
    return ("landlock", "landlock-tcp") if version >= _FIRST_ABI_WITH_TCP else ("landlock",)


def _rights(version: int) -> tuple[int, int, int]:
    since = ((1, _FILES_ABI_1), (2, _REFER_ABI_2), (3, _TRUNCATE_ABI_3), (5, _IOCTL_DEVICE_ABI_5))
    files = sum(rights for abi, rights in since if version >= abi)
    ports = _TCP_ABI_4 if version >= _FIRST_ABI_WITH_TCP else 0
    scopes = _SCOPE_ABI_6 if version >= _FIRST_ABI_WITH_SCOPES else 0
    return files, ports, scopes


def _allow_beneath(ruleset: int, directory: Path, rights: int, call: Kernel) -> None:
    parent = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        rule = _PATH_BENEATH_ATTRIBUTES.pack(rights, parent)
        if call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), "Landlock refuses the scratch directory")
    finally:
        os.close(parent)


def _call_kernel(number: int, *arguments: object) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments))
