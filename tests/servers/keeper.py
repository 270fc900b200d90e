"""Runs a program, as the words after the name of a log, and leaves nothing of it: it is a process of its own.

It adopts whatever the program starts and forgets (prctl(2), PR_SET_CHILD_SUBREAPER), a daemon's orphans too, and ends all
of them when its input ends, which it does however the test ended; then no child is left to wait for, which is the proof.
A name of a signal on a line of its input goes to all of them, and is answered with a line.
"""
import contextlib
import ctypes
import os
import pathlib
import select
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 2  # seconds between asking to end and making it end


def descendants(pid):
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text(encoding="ascii").split()):
                yield child
                yield from descendants(child)


def send(number):
    for pid in list(descendants(os.getpid())):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def is_childless():
    """Waits for those that have ended; whether no other is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return False
    except ChildProcessError:
        return True


def end_all():
    send(signal.SIGTERM)
    send(signal.SIGCONT)
    due = time.monotonic() + PATIENCE
    while not is_childless():
        if time.monotonic() > due:
            send(signal.SIGKILL)
        time.sleep(0.005)


def obey(program):
    """Until the program or the input has ended."""
    ended = os.pidfd_open(program.pid)
    while True:
        ready = select.select([ended, 0], [], [])[0]
        if ended in ready:
            return
        words = os.read(0, 100).decode("ascii").split()
        if not words:
            return
        for word in words:
            send(signal.Signals[word])
        os.write(1, b"sent\n")


def main(log, *command):
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):  # of a terminal or a runner; the input ends after them
        signal.signal(number, lambda *_: None)
    with open(log, "ab") as output:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    obey(program)
    end_all()


main(*sys.argv[1:])
