# SPDX-License-Identifier: BSD-2-Clause
"""harness - labs and programs for the tests of host and cli

A Lab has a folder of its own for its control socket, so that no other lab is in the way. Nothing
sleeps: wait() asks again until a condition holds, and each question takes a moment by itself.
"""

import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LIMIT_S = 60
MARK = "INLET_TEST_NAMESPACES"

TWO_HOSTS = """
[lab]
seed = 7
[host client]
net0 = 10.0.0.1/24, fd00::1/64
[host server]
net0 = 10.0.0.2/24, fd00::2/64
[link net0]
delay = 5ms
"""


class Failed(Exception):
    pass


def need(*programs):
    """Paths of programs; ends the test as skipped where one is missing."""
    found = []
    for name in programs:
        path = "/usr/bin/python3" if name == "python3" and os.path.exists("/usr/bin/python3") \
            else shutil.which(name)
        if path is None:
            print(f"skipped: {name} is missing")
            sys.exit(77)
        found.append(path)
    return found


def enter_namespaces(mounts=False):
    """Runs this test again in a network namespace of its own, as root there, unless it is there
    already. @mounts: with a /run of its own, too, for `ip netns`."""
    if os.environ.get(MARK) in ("mounts", "mounts" if mounts else "network"):
        return
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    unshare, _, *mount = need("unshare", "ip", *(["mount"] if mounts else []))
    flags = ("-n" if os.geteuid() == 0 else "-Urn") + ("m" if mounts else "")
    command = [*mount, "-t", "tmpfs", "tmpfs", "/run"] if mounts else ["true"]
    if subprocess.run([unshare, flags, *command], check=False, capture_output=True).returncode != 0:
        print("skipped: namespaces cannot be made")
        sys.exit(77)
    os.environ[MARK] = "mounts" if mounts else "network"
    os.execv(unshare, [unshare, flags, sys.executable, *sys.argv])


def check(condition, text):
    if not condition:
        raise Failed(text)


def end(process):
    """Ends a supervisor and its program: politely, then the whole session."""
    process.terminate()
    if process.stdin is not None and process.stdin.closed:
        process.stdin = None
    try:
        process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=5)


def on_terminal(command, env):
    """What a command writes to a terminal, and its status."""
    leader, follower = pty.openpty()
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=env) as process:
        os.close(follower)
        seen = b""
        while True:
            try:
                data = os.read(leader, 65536)
            except OSError:
                break
            seen += data
        status = process.wait(timeout=LIMIT_S)
    os.close(leader)
    return seen, status


def takes(process, number):
    """Does a program do something else about a signal than die of it?"""
    masks = re.findall(r"Sig(?:Cgt|Blk):\s*(\w+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())
    return any(int(mask, 16) & 1 << (number - 1) for mask in masks)


def until_takes(process, number):
    while not takes(process, number):
        check(process.poll() is None, "it has ended already")


class Lab:
    def __init__(self, inlet, text=TWO_HOSTS):
        self.inlet = inlet
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="inlet-test."))
        self.env = dict(os.environ, XDG_RUNTIME_DIR=str(self.dir), PYTHONUNBUFFERED="1")
        self.file = self.dir / "two.ini"
        self.file.write_text(text)
        self.running = []

    def __enter__(self):
        done = self.command("lab", "up", str(self.file))
        check(done.returncode == 0, f"lab up: {done.stderr}")
        return self

    def __exit__(self, *_):
        for process in self.running:
            end(process)
        self.command("lab", "down")
        shutil.rmtree(self.dir)

    def command(self, *args, **more):
        return subprocess.run([self.inlet, *args], env=self.env, text=True, timeout=LIMIT_S,
                              capture_output=True, **more)

    def run(self, host, *program, **more):
        """Runs a program on a host to its end."""
        return self.command("run", "--host", host, "--", *program, **more)

    def start(self, host, *program, options=(), **more):
        """Starts a program on a host; it is killed when the lab ends."""
        process = subprocess.Popen(
            [self.inlet, "run", "--host", host, *options, "--", *program], env=self.env,
            text=more.pop("text", True), stdin=more.pop("stdin", subprocess.PIPE),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, **more)
        self.running.append(process)
        return process

    def wait(self, what, condition):
        end = time.monotonic() + LIMIT_S
        while not condition():
            check(time.monotonic() < end, f"waited in vain for {what}")

    def netstat(self, *args):
        done = self.command("netstat", "--lab", "-n", *args)
        check(done.returncode == 0, f"netstat: {done.stderr}")
        return done.stdout

    def wait_listening(self, port, kind="-t"):
        self.wait(f"port {port}", lambda: f":{port} " in self.netstat("-l", kind))


def main(cases):
    """usage: TEST INLET CASE [ARGUMENTS]: runs a function with (inlet, arguments...)."""
    inlet, name, *rest = sys.argv[1:]
    signal.alarm(LIMIT_S * 2)
    try:
        cases[name](inlet, *rest)
    except Failed as fault:
        print(f"{name}: {fault}", file=sys.stderr)
        sys.exit(1)
