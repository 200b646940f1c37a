# SPDX-License-Identifier: BSD-2-Clause
"""scene - what the tests against the kernel and its programs share

A network namespace of their own (as an ordinary user through a user namespace), so that nothing
outside is touched; an inlet host on a TAP device there, which takes commands; other programs, which
end with their block; and tshark as the judge of captures.

Waiting is always for a condition, with a bound. Exit status 77: skipped, with the reason.
"""
import contextlib
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

TAP = "inlet0"
KERNEL4, KERNEL6 = "10.9.0.1", "fd09::1"
INLET4, INLET6 = "10.9.0.2", "fd09::2"
BOUND_S = 60  # no condition takes longer, unless something is broken

# What no packet of ours may be. The kernel leaves checksums to its device, which is no device.
BAD = ("(_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || "
       "udp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0)")


def skip(why):
    print(f"{why}: skipped")
    sys.exit(77)


def need(*programs):
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for name in programs:
        if shutil.which(name) is None:
            skip(f"{name} is not installed")


def enter_namespace(root=""):
    """Starts this script anew inside a network namespace, once. root: why it has to be root."""
    if os.environ.get("INLET_TEST_IN_NETNS"):
        return
    os.environ["INLET_TEST_IN_NETNS"] = "1"
    if root and os.geteuid() != 0:
        skip(root)
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        skip("no access to /dev/net/tun")
    flags = ["-n"] if os.geteuid() == 0 else ["-U", "-r", "-n"]
    if subprocess.run(["unshare", *flags, "true"], capture_output=True).returncode != 0:
        skip("no network namespace to be had")
    os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])


def run(*argv, **kw):
    """A program, to its end."""
    return subprocess.run(argv, capture_output=True, text=True, timeout=BOUND_S, **kw)


def ping(*args):
    """Three replies, each waited for: of three at once ping would give the last one 10 ms."""
    for _ in range(3):
        check_output("ping", "-c", "1", "-W", "20", *args)


def check_output(*argv, **kw):
    """The output of a program that must succeed."""
    done = run(*argv, **kw)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stdout}{done.stderr}"
    return done.stdout


def ip(line):
    return check_output("ip", *line.split())


def sysctl(name, value):
    """A setting of the kernel in this namespace: ("ipv4/ip_forward", 1)"""
    pathlib.Path("/proc/sys/net", name).write_text(str(value))


def wait(what, condition):
    end = time.monotonic() + BOUND_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"


def next_line(process, what):
    """The next line of a program's output; "" at its end. Nothing else may read that: what has come
    beyond the line waits in the Popen object, not in a file object, which poll() does not see into."""
    text, fd, piece = getattr(process, "unread", b""), process.stdout.fileno(), b"?"
    while piece and b"\n" not in text:
        if not select.select([fd], [], [], BOUND_S)[0]:
            raise TimeoutError(f"no {what} within {BOUND_S} s")
        piece = os.read(fd, 65536)
        text += piece
    line, _, process.unread = text.partition(b"\n")
    return line.decode().strip()


@contextlib.contextmanager
def program(*argv, **kw):
    """A program that ends with the block: it is asked to."""
    kw = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1, **kw}
    process = subprocess.Popen(argv, **kw)
    try:
        yield process
    finally:
        end(process)


def end(process):
    for stream in (process.stdin, process.stdout):
        if stream:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
    process.terminate()
    try:
        process.wait(BOUND_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def device_up(name=TAP):
    for line in (f"addr add {KERNEL4}/24 dev {name}", f"-6 addr add {KERNEL6}/64 dev {name} nodad",
                 f"link set {name} up", "link set lo up"):
        ip(line)


class Host:
    """tap_host, which takes commands. Its addresses are INLET4 and INLET6, unless options say more."""

    def __init__(self, tap_host, *options, static=True):
        argv = [tap_host, TAP, *([f"{INLET4}/24", f"{INLET6}/64"] if static else []), *options]
        self.child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        answer = self.answer()
        if not answer and self.child.wait(BOUND_S) == 3:
            skip("the kernel's TAP has no offloads")
        if answer != "ready":
            raise RuntimeError("tap_host did not become ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.stop()

    def answer(self):
        return next_line(self.child, "answer of tap_host")

    def say(self, line):
        self.child.stdin.write(line + "\n")

    def ask(self, line):
        self.say(line)
        return self.answer()

    def state(self):
        return json.loads(self.ask("state"))

    def stop(self):
        """0 if it has ended well: no sanitizer found anything either."""
        with contextlib.suppress(BrokenPipeError):
            self.say("quit")
            self.child.stdin.close()
        status = self.child.wait(BOUND_S)
        self.child.stdout.close()
        return status


class Lab:
    """A lab between TAP devices of the kernel, under capture. up() makes the devices before."""

    def __init__(self, inlet, text):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="inlet-lab."))
        self.dir.chmod(0o755)
        self.inlet = inlet
        self.env = dict(os.environ, XDG_RUNTIME_DIR=str(self.dir))
        self.children = []
        self.pcap = self.dir / "all.pcapng"
        (self.dir / "lab.ini").write_text(text)

    def up(self, *devices):
        """Starts the lab, and the capture of these devices."""
        self.command("lab", "up", str(self.dir / "lab.ini"))
        names = [word for name in devices for word in ("-i", name)]
        self.start("dumpcap", "-q", *names, "-w", str(self.pcap))
        wait("the capture", lambda: self.pcap.exists() and self.pcap.stat().st_size > 0)

    def __exit__(self, *_):
        for child in reversed(self.children):
            end(child)
        with contextlib.suppress(AssertionError):
            self.command("lab", "down")
        shutil.rmtree(self.dir)

    def command(self, *args):
        return check_output(self.inlet, *args, env=self.env)

    def start(self, *argv):
        """A program of the kernel's, whose words go to a log."""
        with open(self.dir / f"{argv[0]}.log", "w") as log:
            self.children.append(subprocess.Popen(argv, stdout=log, stderr=log))
        return self.children[-1]

    def log(self, name):
        return (self.dir / f"{name}.log").read_text()


def host_ended_well(host):
    status = host.stop()
    assert status == 0, f"exit status {status}"


def attempt(name, fn, *args):
    """1 and a line if it fails."""
    begin = time.monotonic()
    try:
        fn(*args)
    except Exception as e:
        print(f"FAIL {name}: {type(e).__name__}: {e}", flush=True)
        return 1
    print(f"ok   {name} ({time.monotonic() - begin:.2f} s)", flush=True)
    return 0


def exchange(s, data):
    """Sends data and FIN while it reads to the end."""
    s.setblocking(False)
    view = memoryview(data)
    got = bytearray()
    while True:
        readable, writable, _ = select.select([s], [s] if view else [], [], BOUND_S)
        assert readable or writable, "the connection stands still"
        if writable:
            view = view[s.send(view[:65536]):]
            if not view:
                s.shutdown(1)
        if readable:
            piece = s.recv(65536)
            if not piece:
                return bytes(got)
            got += piece


def tshark(capture, *args):
    """Nothing above TCP and UDP: payload that is random looks like this protocol or that now and then,
    and malformed."""
    return check_output(
        "tshark", "-n", "-r", capture, "-o", "tcp.desegment_tcp_streams:FALSE",
        "-d", "tcp.port==1-65535,data", "-d", "udp.port==1-65535,data", "-o", "ip.check_checksum:TRUE",
        "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", *args)


OURS = "frame.packet_flags_direction == 2"  # in the captures of tap_host


def quotes(row):
    """An error quotes a packet of somebody else's, which may be no whole one."""
    v4, v6 = (row[f"{proto}.type"].split(",")[0] for proto in ("icmp", "icmpv6"))
    return v4 in ("3", "5", "11", "12") or v6 in ("1", "2", "3", "4")


def sent_well(capture, at_least=1):
    """Of what tap_host captured: all that inlet sent is whole, and says why it was sent. One look, for
    tshark takes its time."""
    sums = [f"{proto}.checksum.status" for proto in ("ip", "tcp", "udp", "icmp", "icmpv6")]
    fields = ["frame.number", "_ws.malformed", "frame.comment", "icmp.type", "icmpv6.type", *sums]
    table = tshark(capture, "-Y", OURS, "-T", "fields", *(f"-e{name}" for name in fields))
    rows = [dict(zip(fields, line.split("\t"))) for line in table.splitlines()]
    bad = [row for row in rows if row["_ws.malformed"] and not quotes(row) or any("0" in row[name].split(",") for name in sums)]
    assert not bad, f"{len(bad)} with a bad checksum or malformed: {bad[:5]}"
    mute = [row for row in rows if not row["frame.comment"]]
    assert not mute, f"sent without a cause: {mute[:5]}"
    assert len(rows) >= at_least, f"only {len(rows)} packets were sent"
