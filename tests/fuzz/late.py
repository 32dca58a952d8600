#!/usr/bin/env python3
"""usage: late.py COMMAND… — is a fuzzer that asks before it has an input ready, as afl-fuzz is on a busy machine: the program has to wait for it."""
import ctypes
import os
import select
import struct
import subprocess
import sys

MAP_SIZE, DEADLINE = 1 << 16, 60
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
segment = libc.shmget(0, MAP_SIZE, 0o1600)  # IPC_CREAT, of its user alone
assert segment >= 0, os.strerror(ctypes.get_errno())
address = libc.shmat(segment, None, 0)
libc.shmctl(segment, 0, None)  # IPC_RMID: it goes with the last who has it, and whoever knows its number may still have it

requests, answers, stdin = os.pipe(), os.pipe(), os.pipe()


def become_fuzzed():
    os.dup2(requests[0], 198)
    os.dup2(answers[1], 199)


def answer(what):
    ready, _, _ = select.select([answers[0]], [], [], DEADLINE)
    assert ready, f"not within {DEADLINE} s: {what}"
    said = os.read(answers[0], 4)
    assert len(said) == 4, f"the program ended instead of: {what}"
    return struct.unpack("i", said)[0]


program = subprocess.Popen(sys.argv[1:], stdin=stdin[0], preexec_fn=become_fuzzed, close_fds=False, env={**os.environ, "__AFL_SHM_ID": str(segment)})
try:
    for end in (requests[0], answers[1], stdin[0]):
        os.close(end)
    answer("the program is there")
    os.write(requests[1], bytes(4))
    assert answer("the program takes a request before it has its input") == program.pid
    os.write(stdin[1], b"a1")
    os.close(stdin[1])
    assert answer("the input was taken") == 0
    assert any(ctypes.string_at(address, MAP_SIZE)), "no instruments were seen"
finally:
    program.kill()
    program.wait()
