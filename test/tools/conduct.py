#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""conduct - each command where something is against it: a wrong value, no privileges, an interface or a
file that is not there, Ctrl-C, a reader that leaves

    conduct.py INLET CASE

Like every.py, this asks the program for its commands and options: a new command fails here until it is
told how to test it. Each case runs in a network of its own, with nothing but a loopback in it.
"""

import os
import pathlib
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))

import harness
import nets
import peers
from harness import check

QUIET = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": harness.LIMIT_S,
         "text": True, "errors": "replace"}


def call(*args, **more):
    return subprocess.run(args, **{**QUIET, **more})


def commands(inlet):
    return [line.split("\t")[0] for line in call(inlet, "help", "--list").stdout.splitlines()]


def for_each(inlet, table):
    """A table that has a row of each command, and of no other."""
    names = set(commands(inlet))
    check(set(table) == names, f"rows without command, or commands without row: {set(table) ^ names}")
    return table.items()


def options(inlet, command):
    lines = call(inlet, command, "--list-options").stdout.splitlines()[1:]
    return [(f"--{name}" if name else f"-{letter}", value) for letter, name, value, _ in
            (line.split("\t") for line in lines)]


# ---- values of options ----

# Any text may be right: the names of files, of labs and their hosts, words to look for.
TEXTS = {
    "run": {"--host", "--lab", "--events", "--write"},
    "dump": {"--read", "--interface", "--lab", "--host", "--filter-file", "--write"},
    "netstat": {"--lab", "--host"},
    "scan": {"--targets", "--state", "--resume", "--grepable", "--xml"},
    "services": {"--file"},
    "top": {"--filter", "--lab", "--host"},
}
# What they take depends on other options: known when all are read.
LATER = {("scan", "--ports"), ("trace", "--port")}
RANGE = re.compile(r"expected (?:a number|seconds) (?:from ([\d.]+) to ([\d.]+)|of at least (\d+))")


def asked(inlet, command, option, value):
    """What the option says of a value: --help behind it is answered if it says nothing."""
    last = "::1" if (command, option) in LATER else "--help"
    done = call(inlet, command, f"{option}={value}" if option[1] == "-" else option + value, last)
    if done.returncode == 0:
        return None
    check(done.returncode == 2 and done.stdout == "" and "expected " in
          done.stderr and f"inlet {command} --help" in done.stderr, f"{command} {option} {value!r}: {done}")
    return done.stderr


def values(inlet):
    """What no option can take is refused with what was expected; numbers end where they say they do."""
    edges = 0
    for command in commands(inlet):
        free = set(TEXTS.get(command, ()))
        for option, value in options(inlet, command):
            if not value or option in free:
                free.discard(option)
                continue
            said = asked(inlet, command, option, "?")
            check(said, f"{command} {option}: takes anything")
            found = RANGE.search(said)
            if not found:
                continue
            low, high = found[1] or found[3], found[2]
            step = "1" if "a number" in said else "0.000001"
            for text, good in ((low, True), (less(low, step), False), (high, True),
                               (more(high, step) if high else "18446744073709551616", False)):
                if text is not None:
                    check((asked(inlet, command, option, text) is None) == good, f"{command} {option} {text!r}")
                    edges += 1
        check(not free, f"{command} has no {free}, or it takes no value")
    check(edges > 100, f"{edges} values at edges")


def less(number, step):
    if float(number) == 0:
        return "-" + step
    return str(int(number) - 1) if step == "1" else f"{float(number) - float(step):.6f}"


def more(number, step):
    return str(int(number) + 1) if step == "1" else number + step[1:]


# ---- privileges ----

def nobody(inlet):
    """What to put before a command so that it runs as a stranger without any privilege; as ourselves
    without capabilities where strangers cannot reach the program."""
    bare = nets.without_privileges()
    stranger = [*bare, "--reuid=65534", "--regid=65534", "--clear-groups"]
    return stranger if call(*stranger, inlet, "version").returncode == 0 else bare


def privileges(inlet):
    """As nobody, where not even datagram sockets of ICMP may be opened: it works, or says what to do."""
    peers.enter()
    peers.run("ip", "link", "set", "lo", "up")
    pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text("1 0")
    group = "net.ipv4.ping_group_range"
    table = {
        "run": ((("--link", "tap:nosuch0", "--", "true"), 125, "sudo ip tuntap add dev nosuch0"),),
        "lab": ((("up", "/nonexistent"), 1, "No such file"),),     # labs are without root: see test/host
        "dump": ((("-i", "lo", "-c1"), 1, "that takes root (or CAP_NET_RAW)"), (("-D",), 0, "")),
        "netstat": ((("-tln",), 0, ""), (("-r",), 0, ""), (("-s",), 0, ""),
                    (("-tlnp",), 0, "the programs of others are told to root only")),
        "pathping": ((("::1",), 2, group), (("127.0.0.1",), 2, group)),
        "ping": ((("-c1", "::1"), 2, group), (("-c1", "127.0.0.1"), 2, group),
                 (("-c1", "--tcp", "9", "::1"), 0, ""), (("-c1", "--udp", "9", "127.0.0.1"), 0, ""),
                 (("-f", "-c1", "::1"), 2, "only root may flood: give -i"),
                 (("-i", "0.001", "-c1", "::1"), 2, "only root may flood: give -i 0.002"),
                 (("-l4", "-c1", "::1"), 2, "only root may preload"),
                 (("-m1", "-c1", "--udp", "9", "::1"), 2, "CAP_NET_ADMIN")),
        "scan": ((("-p1", "::1"), 0, "as root it would be"), (("-p1", "127.0.0.1"), 0, "as root it would be"),
                 (("-sS", "-p1", "::1"), 2, "CAP_NET_RAW; -sT works without"),
                 (("-sU", "-p1", "::1"), 2, "CAP_NET_RAW")),
        "services": ((("tcpmux",), 0, ""),),
        "top": ((("--once",), 0, ""),),
        "trace": ((("-n", "::1"), 0, ""), (("-n", "-T", "127.0.0.1"), 0, ""), (("-I", "::1"), 2, group),
                  (("-I", "127.0.0.1"), 2, group)),
        "help": (((), 0, ""),),
        "version": (((), 0, ""),),
    }
    held = socket.create_server(("127.0.0.1", 7001))
    before = nobody(inlet)
    for command, cases in for_each(inlet, table):
        for args, status, words in cases:
            if len(before) < 6 and "others" in words:
                continue    # then nobody is we
            done = call(*before, inlet, command, *args)
            check(done.returncode == status and words in done.stderr, f"{command} {args}: {done}")
            check(words or not done.stderr, f"{command} {args} has something to say: {done}")
            check(done.stdout or status, f"{command} {args} says nothing")
    held.close()


# ---- interfaces and addresses that are not there ----

def interfaces(inlet):
    """No such interface, or no such address: said by name."""
    peers.enter()
    peers.run("ip", "link", "set", "lo", "up")
    none = ()
    table = {
        "run": ((("--link", "tap:", "--", "true"), 2, "expected tap:NAME"),
                (("--link", "tap:seventeenletters1", "--", "true"), 2, "expected tap:NAME")),
        "dump": ((("-i", "nosuch0"), 1, "nosuch0: no such interface: inlet dump -D lists them"),
                 (("-i", "999"), 1, "-D lists them"), (("-i", ""), 1, "-D lists them")),
        "pathping": ((("-i", "192.0.2.1", "127.0.0.1"), 2, "the source address is not one of this machine's"),
                     (("-i", "fd00::9", "::1"), 2, "not one of this machine's")),
        "ping": ((("-I", "nosuch0", "::1"), 2, '"nosuch0", expected an interface or an address'),
                 (("-I", "192.0.2.1", "127.0.0.1"), 2, "the source address is not one of this machine's"),
                 (("--udp", "9", "-I", "fd00::9", "::1"), 2, "not one of this machine's"),
                 (("--tcp", "9", "-I", "fd00::9", "::1"), 2, "not one of this machine's")),
        "scan": ((("-p1", "--source-addr", "192.0.2.9", "127.0.0.1"), 2, "--source-addr needs targets"),),
        "trace": ((("-i", "nosuch0", "::1"), 2, '"nosuch0", expected an interface of this machine'),
                  *(((*how, "-s", own, far), 2, "the source address is not one of this machine's")
                    for own, far in (("192.0.2.1", "127.0.0.1"), ("fd00::9", "::1"))
                    for how in ((), ("-I",), ("-T",)))),
        # these have neither
        "lab": none, "netstat": none, "services": none, "top": none, "help": none, "version": none,
    }
    for command, cases in for_each(inlet, table):
        for args, status, words in cases:
            done = call(inlet, command, *args)
            check(done.returncode == status and words in done.stderr, f"{command} {args}: {done}")
            check(done.stdout == "", f"{command} {args}: {done}")


# ---- files ----

def capture(packets):
    """A capture file of many packets: UDP from 192.0.2.1 to port 9."""
    udp = struct.pack("!HHHH", 4711, 9, 8, 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, 17, 0, bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)))
    frame = bytes(12) + b"\x08\0" + ip + udp
    head = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    return head + b"".join(struct.pack("<IIII", 1, n, len(frame), len(frame)) + frame for n in range(packets))


def make_files(folder):
    made = {"empty": b"", "zeros": bytes(1000), "noise": bytes(range(256)) * 8, "cut": capture(3)[:-5],
            "line": b"x" * 100_000, "object": b"{}", "shut": b"x"}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    (folder / "shut").chmod(0)
    (folder / "folder").mkdir()
    return {name: str(folder / name) for name in (*made, "folder", "missing")}


def unreadable(inlet):
    """A file that is missing, may not be read, is a folder, is empty, too short or something else."""
    peers.enter()
    peers.run("ip", "link", "set", "lo", "up")
    table = {       # what opens it, the status, and files that are good for it
        "run": ((("--lab", "@", "--host", "a", "--", "true"), 125, ()),),
        "lab": ((("up", "@"), 1, ()),),
        "dump": ((("-r", "@"), 1, ()), (("-F", "@", "-d", "-r", "whole"), 1, ("empty",))),
        "scan": ((("--resume", "@"), 2, ()), (("--exclude-file", "@", "-sT", "-Pn", "-p1", "::1"), 2, ("empty",)), (("--targets", "@", "-sT", "-Pn", "-p1"), 2, ())),
        # a line of a list that is none is left out
        "services": ((("--file", "@", "tcpmux"), 2, ("empty", "zeros", "noise", "cut", "line", "object")),),
        "netstat": (), "pathping": (), "ping": (), "top": (), "trace": (), "help": (), "version": (),
    }
    words = {"folder": "Is a directory", "missing": "No such file or directory", "shut": "Permission denied"}
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        os.chmod(folder, 0o755)
        files = make_files(pathlib.Path(folder))
        (pathlib.Path(folder) / "whole").write_bytes(capture(1))
        before = nets.without_privileges()
        for command, cases in for_each(inlet, table):
            for args, status, fine in cases:
                for name, path in files.items():
                    with_path = [{"@": path, "whole": f"{folder}/whole"}.get(word, word) for word in args]
                    done = call(*before, inlet, command, *with_path, env=dict(os.environ, XDG_RUNTIME_DIR=folder))
                    if name in fine:
                        check(done.returncode == 0 and not done.stderr, f"{with_path}: {done}")
                        continue
                    check(done.returncode == status and (path in done.stderr or "the filter: " in done.stderr),
                          f"{command} {with_path}: {done}")
                    check(words.get(name, "") in done.stderr, f"{command} {with_path}: {done}")
                    check(done.stderr.count("\n") <= 22 and "\0" not in done.stderr, f"{command} {with_path}: {done}")


def unwritable(inlet):
    """Where what is found should go cannot be written: said before the work, not after it."""
    peers.enter()
    peers.run("ip", "link", "set", "lo", "up")
    tap = ("--link", "tap:conduct0", "--addr", "10.9.0.2/24")
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        for command, args, status in (
                ("dump", ("-i", "lo", "-w"), 1), ("scan", ("-p1", "::1", "--xml"), 2),
                ("scan", ("-p1", "::1", "--grepable"), 2), ("scan", ("-p1", "::1", "--state"), 2),
                ("run", (*tap, "--write"), 125), ("run", (*tap, "--events"), 125)):
            for path, words in ((folder, "Is a directory"), (folder + "/none/x", "No such file or directory")):
                done = call(inlet, command, *args, path, *(("--", "true") if command == "run" else ()))
                check(done.returncode == status and path in done.stderr and words in done.stderr and
                      done.stdout == "", f"{command} {args} {path}: {done}")


# ---- Ctrl-C and readers that leave ----

LAB = "[host a]\nnet0 = 10.0.0.1/24\n[link net0]\n"


def long_work(folder):
    """Of each command something that takes its time: what is on stdout or stderr once it is at work, the
    status after Ctrl-C, and what it says then. None: there is nothing to wait for."""
    (pathlib.Path(folder) / "one.ini").write_text(LAB)
    ask = "import sys\nprint('up', flush=True)\nsys.stdin.read()"
    host = ("--lab", f"{folder}/one.ini", "--host", "a", "--", sys.executable, "-c")
    return {
        # a program that takes Ctrl-C as the default has it ends as a shell would say
        "run": ((*host, f"import signal\nsignal.signal(2, signal.SIG_DFL)\n{ask}"), "up", 130, ""),
        "lab": (("up", "--foreground", f"{folder}/one.ini"), None, 0, ""),
        "dump": (("-i", "lo", "--immediate"), "listening on lo", 0, r"0 packets captured"),
        "netstat": (("-tc", "60"), "Active Internet", 0, ""),
        "pathping": (("-n", "-p", "0.05", "-q", "9999", "::1"), "Computing", 0, r"Stopped early\."),
        "ping": (("-i", "0.2", "::1"), "icmp_seq=2", 0, r"[2-9] packets transmitted, \d+ received.*\nrtt min/"),
        "scan": (("-sT", "-Pn", "-p", "1-500", "--rate", "2", "::1"), None, 130, r"stopped"),
        "top": (("-d", "60"), "PROGRAM", 0, r"\d+ sockets; 0 opened"),
        "trace": (("-n", "-r", "-c", "999", "-W", "0.05", "::1"), None, (0, 1), r" 1\. .* +\d"),   # 1: no answer yet
        "services": None, "help": None, "version": None,
    }


def ctrl_c(inlet):
    """Ctrl-C in the middle of work: the summary of what was found, and the status of the namesake."""
    peers.enter()
    peers.run("ip", "link", "set", "lo", "up")
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        env = dict(os.environ, XDG_RUNTIME_DIR=folder)
        for command, work in for_each(inlet, long_work(folder)):
            if work is None:
                continue
            args, begun, status, words = work
            leader, follower = pty.openpty()
            with subprocess.Popen([inlet, command, *args], stdin=follower, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, env=env, start_new_session=True) as process:
                os.close(follower)
                seen = until_begun(process, begun)
                os.killpg(process.pid, signal.SIGINT)     # as a terminal does
                out = seen + process.communicate(timeout=harness.LIMIT_S)[0]
            os.close(leader)
            check(process.returncode in (status if isinstance(status, tuple) else (status,)) and re.search(words, out), f"{command}: {process.returncode} {out}")


def ctrl_c_twice(inlet):
    """The second Ctrl-C ends what the first was not enough for: here opening a pipe that nobody writes into."""
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        path = pathlib.Path(folder) / "pipe"
        os.mkfifo(path)
        with subprocess.Popen([inlet, "dump", "-r", path], stderr=subprocess.PIPE) as process:
            harness.until_takes(process, signal.SIGINT)
            process.send_signal(signal.SIGINT)
            while harness.takes(process, signal.SIGINT):
                check(process.poll() is None, "once was enough")
            process.send_signal(signal.SIGINT)
            check(process.wait(timeout=harness.LIMIT_S) == -signal.SIGINT, f"status {process.returncode}")


def until_begun(process, begun):
    """Reads until the words that tell that it is at work; without any, until it takes Ctrl-C."""
    seen = ""
    if begun is None:
        harness.until_takes(process, signal.SIGINT)
        return seen
    while begun not in seen:
        line = process.stdout.readline()
        check(line, f"it has ended already: {seen}")
        seen += line
    return seen


def pipes(inlet):
    """Who reads the first line and leaves ends the command, without a word, however much there is to say."""
    peers.enter()
    peers.run("ip", "link", "set", "lo", "up")
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        env = dict(os.environ, XDG_RUNTIME_DIR=folder)
        (pathlib.Path(folder) / "one.ini").write_text(LAB)
        (pathlib.Path(folder) / "many").write_bytes(capture(20_000))
        table = {
            "run": ("--lab", f"{folder}/one.ini", "--host", "a", "--", "yes"),
            "dump": ("-r", f"{folder}/many", "-nn"),
            "netstat": ("-c", "-i", "0.01"),
            "pathping": ("-n", "-p", "0.001", "-w", "0.01", "-q", "1", "--json", "::1"),
            "ping": ("-i", "0.01", "::1"),
            "scan": ("-sT", "-T5", "-Pn", "-p1-2000", "--json", "--all", "::1"),
            "services": ("--all",),
            "top": ("--plain", "-d", "0.1"),
            "trace": ("-n", "-c", "99", "-W", "0.01", "-r", "--json", "::1"),
            # what they say is shorter than a pipe
            "lab": None, "help": None, "version": None,
        }
        for command, args in for_each(inlet, table):
            if args is None:
                continue
            with subprocess.Popen([inlet, command, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL, env=env, restore_signals=True) as process:
                check(process.stdout.readline(), f"{command} says nothing")
                process.stdout.close()
                err = process.stderr.read().decode()
                status = process.wait(timeout=harness.LIMIT_S)
            want = 128 + signal.SIGPIPE if command == "run" else -signal.SIGPIPE
            check(status == want, f"{command}: {status} {err}")
            check(not re.search("inlet.*(pipe|write)", err), f"{command}: {err}")


# ---- colours ----

def colours(inlet):
    """What is found on a terminal has colours where the command has any; none in a pipe, with NO_COLOR or on
    a terminal that is dumb."""
    peers.enter()
    peers.run("ip", "link", "set", "lo", "up")
    plain = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        plain["XDG_RUNTIME_DIR"] = folder
        (pathlib.Path(folder) / "one.ini").write_text(LAB)
        (pathlib.Path(folder) / "some").write_bytes(capture(3))
        table = {
            "run": (("--lab", f"{folder}/one.ini", "--host", "a", "--", "true"),),
            "lab": (("status",),),
            "dump": (("-r", f"{folder}/some", "--explain"),),
            "netstat": (("-i",),),
            "pathping": (("-n", "-p", "0.01", "-w", "0.1", "-q", "1", "::1"),),
            "ping": (("-c1", "--tcp", "9", "::1"), ("-c1", "-t1", "--graph", "::1")),
            "scan": (("-sT", "-Pn", "-p1", "::1"),),
            "services": (("tcpmux",),),
            "top": (("--once",),),
            "trace": (("-n", "::1"), ("-n", "-r", "-c1", "::1")),
            "help": ((),),
            "version": ((),),
        }
        without = {"run", "lab", "netstat", "top", "help", "version"}     # --once is text
        for command, cases in for_each(inlet, table):
            for args in cases:
                for env, wanted in (({"TERM": "xterm"}, command not in without),
                                    ({"TERM": "xterm", "NO_COLOR": ""}, command not in without),
                                    ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
                    seen, _ = harness.on_terminal([inlet, command, *args], {**plain, **env})
                    screen = b"\x1b[?1049h" in seen  # whole screens may show headings in reverse, which is no colour
                    paint = rb"\x1b\[(\d+;)*[349]\d(;\d+)*m" if screen else rb"\x1b\[[\d;]*m"
                    check(bool(re.search(paint, seen)) == wanted, f"{command} {args} {env}: {seen}")
                done = call(inlet, command, *args, env={**plain, "TERM": "xterm"})
                check("\033" not in done.stdout + done.stderr, f"{command} {args}: {done}")


if __name__ == "__main__":
    harness.main({case.__name__: case for case in (
        values, privileges, interfaces, unreadable, unwritable, ctrl_c, ctrl_c_twice, pipes, colours)})
