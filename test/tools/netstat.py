#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""netstat - the machine's sockets, routes and counters, held against ss, netstat and nstat

    netstat.py INLET CASE

Each case runs in a network namespace of its own, in which nothing moves but what it starts; so the
lists of two programs, asked one after the other, can be compared as they are.
"""

import ctypes
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))

import harness
import schema
from harness import check, need

LINUX = {"ESTABLISHED": "ESTAB", "TIME_WAIT": "TIME-WAIT", "SYN_SENT": "SYN-SENT",
         "FIN_WAIT2": "FIN-WAIT-2", "CLOSE_WAIT": "CLOSE-WAIT", "": "UNCONN"}


def enter_namespace():
    harness.enter_namespaces()
    ip("link", "set", "lo", "up")


def ip(*args):
    subprocess.run(["ip", *args], check=True)


def output(*args):
    done = subprocess.run(args, capture_output=True, text=True, timeout=harness.LIMIT_S)
    check(done.returncode == 0, f"{args}: {done.returncode} {done.stderr}")
    return done.stdout


def until(what, condition):
    end = time.monotonic() + harness.LIMIT_S
    while not condition():
        check(time.monotonic() < end, f"waited in vain for {what}")


def pairs(family, address, n):
    """n connections through one listener: 2n + 1 sockets."""
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((address, 0))
    listener.listen(n)
    made = [listener]
    for _ in range(n):
        a = socket.create_connection(listener.getsockname()[:2])
        made += [a, listener.accept()[0]]
    return made


def some_of_each():
    """Connections half closed, half open, with data and with keepalives; datagrams; raw sockets."""
    made = pairs(socket.AF_INET, "127.0.0.1", 6)
    made[1].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made[3].shutdown(socket.SHUT_WR)            # FIN_WAIT2 and CLOSE_WAIT
    made[5].sendall(bytes(1234))                # its peer's Recv-Q
    made[7].close(), made[8].close()            # TIME_WAIT
    lone = socket.socket()
    lone.setblocking(False)
    ip("addr", "add", "10.77.0.1/24", "dev", "lo")
    ip("route", "add", "blackhole", "10.78.0.0/24")
    ip("link", "add", "void", "type", "veth", "peer", "name", "nobody")
    ip("addr", "add", "10.79.0.1/24", "dev", "void")
    ip("link", "set", "void", "up")
    ip("link", "set", "nobody", "up")
    ip("neigh", "add", "10.79.0.9", "lladdr", "02:00:00:00:00:01", "dev", "void")
    try:
        lone.connect(("10.79.0.9", 80))         # SYN_SENT: nobody answers
    except BlockingIOError:
        pass
    double = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    mapped = socket.create_connection(("127.0.0.1", double.getsockname()[1]))
    made += [lone, double, mapped, double.accept()[0]]
    for family, address in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
        for connected in False, True:
            s = socket.socket(family, socket.SOCK_DGRAM)
            s.bind((address, 0))
            if connected:
                s.connect((address, 9))
            made.append(s)
    made += [socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
             socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)]
    return made


def many():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard) if hard > 0 else 4096, hard))
    made = some_of_each() + pairs(socket.AF_INET, "127.0.0.1", 350) + \
        pairs(socket.AF_INET6, "::1", 120)
    for family, address in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
        for _ in range(40):
            made.append(socket.socket(family, socket.SOCK_DGRAM))
            made[-1].bind((address, 0))
    return made


# ---- the same list from three programs ----

def of_lines(text, first=2):
    """(proto, queues, local, foreign, state, owner) of the layout that net-tools has."""
    rows = []
    for line in text.splitlines()[first:]:
        words = line.split()
        state = "" if re.match(r"\d+/|-$", words[5]) else words[5]
        state = "" if words[0].startswith("raw") else state
        rows.append((words[0], *words[1:5], state, words[-1].split("/")[0]))
    return sorted(rows)


def of_ss(text):
    rows = []
    for line in text.splitlines():
        net, state, recv, send, local, foreign, *rest = line.split()
        six = local.startswith("[") or local.startswith("*")
        local, foreign = (re.sub(r"[\[\]]|%\w+", "", end).replace("::ffff:127", "127")
                          for end in (local, foreign))
        local, foreign = (re.sub(r"^\*:", ":::", end) for end in (local, foreign))
        pid = re.search(r"pid=(\d+)", " ".join(rest))
        rows.append((net + ("6" if six else ""), recv, send, local, foreign, state,
                     pid.group(1) if pid else "-"))
    return sorted(rows)


def difference(ours, theirs):
    return f"only ours: {sorted(set(ours) - set(theirs))[:5]}\nonly theirs: " \
           f"{sorted(set(theirs) - set(ours))[:5]}\n{len(ours)} and {len(theirs)}"


def thousand(inlet):
    """1,000 sockets: the same as netstat and ss say, with and without -l and -a."""
    need("netstat", "ss")
    made = many()
    check(len(made) >= 1000, f"{len(made)} sockets")
    for options in "-tunap", "-tunlp", "-tunp":
        ours = of_lines(output(inlet, "netstat", options))
        # a listener's backlog is what ss says, and 0 in net-tools
        plain = sorted((*row[:2], "0" if row[5] == "LISTEN" else row[2], *row[3:]) for row in ours)
        theirs = of_lines(output("netstat", "-W", options))
        check(plain == theirs, f"netstat {options}: {difference(plain, theirs)}")
        as_ss = sorted((*row[:5], LINUX.get(row[5], row[5]), row[6]) for row in ours)
        if "a" not in options:      # then ss leaves these out
            as_ss = [row for row in as_ss if row[5] != "TIME-WAIT"]
        if "l" not in options:      # for ss, UDP without peer listens
            theirs = of_ss(output("ss", "-H" + options[1:]))
            check(as_ss == theirs, f"ss {options}: {difference(as_ss, theirs)}")
    states = {row[5] for row in of_lines(output(inlet, "netstat", "-tunap"))}
    check(states >= {"LISTEN", "ESTABLISHED", "TIME_WAIT", "SYN_SENT", "FIN_WAIT2", "CLOSE_WAIT"},
          f"{states}")
    found = schema.validate("netstat", output(inlet, "netstat", "-ai", "-tuw", "--json"))
    check(len(found) >= 1000 and sum("tcp" in row for row in found) > 900, f"{len(found)}")
    check({row["pid"] for row in found} == {0, os.getpid()}, "PIDs")


def columns(inlet):
    """Each column at its place, line by line as net-tools has it: -e, -o, -p, -w."""
    need("netstat")
    made = some_of_each()
    timer = re.compile(r"(?:(?<=on )\(([\d.]+)/\d+|\((\d+\.\d+))/")   # of SYN-SENT, the count, too

    def lines(*args):
        text = output(*args).splitlines()
        return text[:2], sorted(re.sub(r" +\d+ (?=[\d:a-z.]+:[\d*]+ +[\d.:]+\* +LISTEN)", " ",
                                       timer.sub("(", line)) for line in text[2:])

    for options in "-tnape", "-tnapeo", "-unaeo", "-4tn", "-6tnl", "-tnpo":
        ours, theirs = (lines(*args, options) for args in ((inlet, "netstat"), ("netstat", "-W")))
        check(ours == theirs, f"{options}:\n{ours}\n{theirs}")
    left = [float(timer.search(line).group(2)) for line in
            output(inlet, "netstat", "-tnao").splitlines() if "timewait" in line]
    check(len(left) == 1 and 1 < left[0] <= 60, f"TIME_WAIT: {left}")
    off = [line for line in output(inlet, "netstat", "-tnao").splitlines() if " off " in line]
    check(off and all(" off (0.00/0/0)" in line for line in off), f"{off}")
    raw = output(inlet, "netstat", "-wna").splitlines()[2:]
    check([line.split()[0] for line in raw] == ["raw", "raw6"], f"{raw}")
    check(len(made) > 0, "")


def internals(inlet):
    """-i: what each connection says of itself, as ss -i has it."""
    need("ss")
    made = pairs(socket.AF_INET, "127.0.0.1", 8)
    for i, s in enumerate(made[1::2]):
        s.sendall(bytes(1000 * (i + 1)))
    until("the ACKs", lambda: all(" 0 " in line for line in
                                  output("ss", "-tnH", "state", "established").splitlines()))
    lines = output("ss", "-tinH").splitlines()
    theirs = {}
    for head, details in zip(lines[::2], lines[1::2]):
        theirs[tuple(head.split()[3:5])] = details
    ours = schema.validate("netstat", output(inlet, "netstat", "-ti", "--json"))
    check(len(ours) == len(theirs) == 16, f"{len(ours)}")
    for row in ours:
        text = theirs[row["local"], row["foreign"]]
        tcp = row["tcp"]
        want = [tcp["congestion"], f"mss:{tcp['mss_bytes']} ", f"pmtu:{tcp['pmtu_bytes']} ",
                f"cwnd:{tcp['cwnd_bytes'] // tcp['mss_bytes']} ", f"segs_out:{tcp['segs_out']} ",
                f"rto:{tcp['rto_ms']:g} ", f"segs_in:{tcp['segs_in']}",
                f"rtt:{tcp['rtt_ms']:g}/{tcp['rttvar_ms']:g} ", f"minrtt:{tcp['min_rtt_ms']:g}"]
        if tcp["bytes_received"]:
            want.append(f"bytes_received:{tcp['bytes_received']} ")
        check(all(w in text for w in want), f"{want}: {text}")
    check(" rtt:" not in output(inlet, "netstat", "-tnil"), "a listener has no round trips")
    text = output(inlet, "netstat", "-tni")
    check(text.count(" rtt:") == 16 and "bytes_received:8000 " in text and " retrans:0/0 " in text,
          text)
    check(len(made) == 17, "")


def states(inlet):
    """--state by any spelling, and what is none."""
    made = some_of_each()

    def count(text):
        return len(output(inlet, "netstat", "-n", "--state", text).splitlines()) - 2

    check(count("fin-wait-2") == count("FIN_WAIT2") == count("finwait2") == 1, "FIN-WAIT-2")
    check(count("listen") == count("listening") == 2, "LISTEN")
    check(count("close-wait,SYN_SENT") == 2, "two states")
    check(count("connected") + count("listening") == count("all"), "all")
    check(count("bucket") == 1 and count("big") == count("all") - 1, "bucket")
    for wrong in ("open", "", "listen,", "estab lished x"):
        done = subprocess.run([inlet, "netstat", "--state", wrong], capture_output=True, text=True)
        check(done.returncode == 2 and "established,time-wait" in done.stderr, f"{wrong}: {done}")
    check(len(made) > 0, "")


def at_rest(theirs, ours):
    """What both say of a thing that the kernel may change meanwhile: asked until theirs stays."""
    end = time.monotonic() + harness.LIMIT_S
    while True:
        before, found, after = theirs(), ours(), theirs()
        if before == after:
            return found, after
        check(time.monotonic() < end, "the machine does not come to rest")


def lists(inlet):
    """-i, -r, -g, -s, -N: as netstat and nstat have them."""
    need("netstat", "nstat")
    made = some_of_each()
    ip("route", "add", "default", "via", "10.79.0.254")
    ip("route", "add", "10.80.0.1/32", "dev", "void", "metric", "7")
    ip("-6", "addr", "add", "fd77::1/64", "dev", "void", "nodad")
    ip("-6", "route", "add", "fd78::/48", "via", "fd77::9", "metric", "5")
    ip("neigh", "add", "10.79.0.254", "lladdr", "02:00:00:00:00:09", "dev", "void")
    ip("link", "add", "down", "type", "veth", "peer", "name", "under")
    ip("maddr", "add", "01:00:5e:00:00:05", "dev", "void")
    for options in ("-i", "-ia"):
        ours, theirs = at_rest(lambda: sorted(output("netstat", options).splitlines()),
                               lambda: sorted(output(inlet, "netstat", options).splitlines()))
        check(ours == theirs, f"{options}:\n{ours}\n{theirs}")
    for options in ("-rn4", "-rne4"):
        ours, theirs = (sorted(" ".join(line.split()) for line in output(*args, options).splitlines()
                               if "10.78.0.0" not in line)
                        for args in ((inlet, "netstat"), ("netstat",)))
        check(ours == theirs, f"{options}:\n{ours}\n{theirs}")
    ours, theirs = (sorted(set(tuple(line.split()[:4]) for line in text.splitlines()
                               if re.match(r"fd7|::/0", line) and "n" not in line.split()[2]))
                    for text in (output(inlet, "netstat", "-r6n"), output("netstat", "-r6n")))
    check(ours == theirs and len(ours) >= 2, f"-r6: {ours} {theirs}")
    ours, theirs = (sorted(output(*args, "-gn").splitlines())
                    for args in ((inlet, "netstat"), ("netstat",)))
    check(ours == theirs, f"-g:\n{ours}\n{theirs}")
    check("02:00:00:00:00:09 PERMANENT" in output(inlet, "netstat", "-N"), "-N")
    check("10.78.0.0" in output(inlet, "netstat", "-r4"), "a black hole is a route, too")
    counters(inlet)
    for option in "-r", "-g", "-s", "-i", "-N", "-is":
        check(len(schema.validate("netstat", output(inlet, "netstat", "-a", option, "--json"))) > 0,
              option)
    check(len(made) > 0, "")


def counters(inlet):
    ours, theirs = at_rest(
        lambda: json.loads(output("nstat", "-asz", "--json"))["kernel"],
        lambda: {row["name"]: row["value"] for row in schema.validate(
            "netstat", output(inlet, "netstat", "-sa", "--json"))})
    check(len(theirs) > 200 and set(theirs) <= set(ours), f"{set(theirs) - set(ours)}")
    wrong = {name: (ours[name], value) for name, value in theirs.items() if ours[name] != value}
    check(not wrong, f"{wrong}")
    check(ours["TcpActiveOpens"] >= 7, "TcpActiveOpens")
    check(all(int(line.split()[-1]) for line in output(inlet, "netstat", "-s").splitlines()), "zeros")


def windows(inlet):
    """--style=windows: the layout of -ano there."""
    listener, one, two = pairs(socket.AF_INET, "127.0.0.1", 1)
    six = socket.create_server(("::1", 0), family=socket.AF_INET6)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    pid = os.getpid()
    ports = [s.getsockname()[1] for s in (listener, one, six, udp)]
    want = ["", "Active Connections", "",
            "  Proto  Local Address          Foreign Address        State           PID"]
    rows = [("TCP", f"127.0.0.1:{ports[0]}", "0.0.0.0:0", "LISTENING"),
            ("TCP", f"127.0.0.1:{ports[1]}", f"127.0.0.1:{ports[0]}", "ESTABLISHED"),
            ("TCP", f"127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}", "ESTABLISHED"),
            ("TCP", f"[::1]:{ports[2]}", "[::]:0", "LISTENING"),
            ("UDP", f"127.0.0.1:{ports[3]}", "*:*", "")]
    lines = [f"  {a:6} {b:22} {c:22} {d:15} {pid}" for a, b, c, d in rows]
    found = output(inlet, "netstat", "-ano", "--style=windows").splitlines()
    check(found[:4] == want and sorted(found[4:]) == sorted(lines), "\n".join(found))
    check(" [python3" in output(inlet, "netstat", "-anop", "--style=windows"), "program")
    check(two.fileno() >= 0, "")


def names(inlet):
    """A program's name is a stranger's text; ports have names without -n."""
    libc = ctypes.CDLL(None)
    listener = socket.create_server(("127.0.0.1", 80))
    check(libc.prctl(15, b"\x1b[31m\xff\xc2\x9bx\n", 0, 0, 0) == 0, "prctl")
    text = output(inlet, "netstat", "-tlp")
    check("\x1b" not in text and "\x9b" not in text and r"/\x1b[31m\xff\xc2\x9bx\x0a" in text, text)
    check(" 127.0.0.1:http " in text and " 127.0.0.1:80 " in output(inlet, "netstat", "-tln"), text)
    (row,) = schema.validate("netstat", output(inlet, "netstat", "-tl", "--json"))
    check(row["program"].startswith("\x1b[31m\ufffd") and row["local_service"] == "http", f"{row}")
    listener.close()


def unix_pairs(directory):
    """Sockets of AF_UNIX of each type and state, some with names; the listener's queue is not empty."""
    made = []

    def sock(kind, name=None, peer=None, backlog=None):
        s = socket.socket(socket.AF_UNIX, kind)
        made.append(s)
        if name is not None:
            s.bind(name)
        if backlog is not None:
            s.listen(backlog)
        if peer is not None:
            s.connect(peer)
        return s

    path = os.path.join(directory, "stream")
    waits = sock(socket.SOCK_STREAM, path, backlog=7)
    taken = sock(socket.SOCK_STREAM, peer=path)
    made.append(waits.accept()[0])
    taken.sendall(bytes(100))
    taken.shutdown(socket.SHUT_WR)
    sock(socket.SOCK_STREAM, peer=path)     # not accepted
    sock(socket.SOCK_SEQPACKET, b"\0abstract", backlog=3)
    sock(socket.SOCK_DGRAM, os.path.join(directory, "dgram"))
    sock(socket.SOCK_DGRAM, peer=os.path.join(directory, "dgram")).send(b"x")
    made.extend(socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    sock(socket.SOCK_STREAM)
    return made


def unix(inlet):
    """-x: the same as netstat and ss say; who is at the other end; names are strangers' texts."""
    need("netstat", "ss")
    with tempfile.TemporaryDirectory() as directory:
        made = unix_pairs(directory)
        for options in "-x", "-xl", "-xa", "-xap":
            ours, theirs = (sorted(line.rstrip() for line in output(*args, options).splitlines())
                            for args in ((inlet, "netstat"), ("netstat", "-W")))
            check(ours == theirs and len(ours) > 3, f"{options}: {difference(ours, theirs)}")
        both = output(inlet, "netstat", "-a")
        check("Active Internet" in both and "Active UNIX" in both and "LISTENING" in both, both)
        check("UNIX" not in output(inlet, "netstat", "-a4") + output(inlet, "netstat", "-ta"), "-4, -t")
        found = schema.validate("netstat", output(inlet, "netstat", "-xa", "--json"))
        kinds = {"STREAM": "u_str", "DGRAM": "u_dgr", "SEQPACKET": "u_seq"}
        words = {"CONNECTED": "ESTAB", "CONNECTING": "ESTAB", "LISTENING": "LISTEN", "": "UNCONN"}
        found = [r for r in found if r["inode"]]    # what nobody has accepted, ss does not show
        mine = sorted((kinds[r["kind"]], words[r["state"]], r["recv_q"], r["send_q"], r["inode"],
                       (r["peer"] or {"inode": 0})["inode"]) for r in found)
        theirs = []
        for line in output("ss", "-xaH").splitlines():
            w = line.split()
            theirs.append((w[0], w[1], int(w[2]), int(w[3]), int(w[-3]), int(w[-1])))
        check(mine == sorted(theirs), f"ss: {difference(mine, theirs)}")
        (half,) = [r for r in found if r["inode"] == os.fstat(made[1].fileno()).st_ino]
        check(half["receives"] and not half["sends"] and half["peer"]["pid"] == os.getpid() and
              half["uid"] == os.geteuid(), f"{half}")
        me = f"{os.getpid()}/python3"
        check(re.search(rf"CONNECTED.* {half['inode']} +{me} .* {half['peer']['inode']} {me}",
                        output(inlet, "netstat", "-xpe")), output(inlet, "netstat", "-xpe"))
        evil = socket.socket(socket.AF_UNIX)
        blanks = socket.socket(socket.AF_UNIX)
        blanks.bind(os.path.join(directory, "a b  c"))
        check(output(inlet, "netstat", "-xa").count(f" {directory}/a b  c\n") == 1, "blanks")
        evil.bind(b"\0x\0\x1b[31m\nunix  9 [ ACC ]")
        text = output(inlet, "netstat", "-xa")
        check(r" @x@\x1b[31m\x0aunix  9 [ ACC ]" in text and "\x1b" not in text, text)
        check(text.count("\nunix ") == len(text.splitlines()) - 2 == len(found) + 3, text)
        check(output(inlet, "netstat", "-xn", "--state", "listen").count("[ ACC ]") == 2, "--state")
        check(len(made) > 8, "")
    for wrong in ("-x4",), ("-x", "--style=windows"), ("-xi",), ("-x", "--lab"), ("-xr",):
        done = subprocess.run([inlet, "netstat", *wrong], capture_output=True, text=True)
        check(done.returncode == 2 and done.stdout == "", f"{wrong}: {done}")


def fallback(inlet):
    """A kernel that gives no sock_diag: the same lists by /proc, and a word on what is missing."""
    denied = str(pathlib.Path(__file__).resolve().parent / "denied.py")
    probe = subprocess.run([denied, "true"], capture_output=True, text=True, check=False)
    if probe.returncode == 77:
        print(probe.stdout)
        sys.exit(77)
    with tempfile.TemporaryDirectory() as directory:
        made = some_of_each() + unix_pairs(directory)
        for options in "-tunap", "-xap", "-wna":
            ours, theirs = (sorted(re.sub(r"^(tcp6?) +\d+ +\d+(?=.* LISTEN )", r"\1", line) for line in
                                   output(*by, inlet, "netstat", options).splitlines())
                            for by in ((denied,), ()))
            check(ours == theirs and len(ours) > 3, f"{options}: {difference(ours, theirs)}")
        schema.validate("netstat", output(denied, inlet, "netstat", "-a", "--json"))
        done = subprocess.run([denied, inlet, "netstat", "-tni"], capture_output=True, text=True)
        check(done.returncode == 0 and "Operation not permitted" in done.stderr and "ESTAB" in done.stdout,
              f"{done}")
        check(len(made) > 0, "")


CHURN = """
import os, socket, sys
print(flush=True)
while True:
    if os.fork() == 0:
        server = socket.create_server(("127.0.0.1", 0))
        made = [socket.create_connection(server.getsockname()) for _ in range(3)]
        made += [socket.socketpair(), socket.socket(socket.AF_UNIX)]
        os._exit(0)
    os.wait()
    os.system("ip route replace blackhole 10.99.0.0/24; ip route del blackhole 10.99.0.0/24")
"""


def races(inlet):
    """Processes, sockets and routes that come and go while they are read: each list is whole."""
    held = pairs(socket.AF_INET, "127.0.0.1", 100)
    port = held[0].getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", CHURN], stdout=subprocess.PIPE) as churn:
        try:
            churn.stdout.readline()
            for _ in range(3):
                found = schema.validate("netstat", output(inlet, "netstat", "-tuxap", "--json"))
                kept = [r for r in found if r["type"] == "socket" and
                        r["local"].endswith(f":{port}") and r["pid"] == os.getpid()]
                check(len(kept) == 101, f"{len(kept)} of 101 sockets")
                check("Kernel IPv6" in output(inlet, "netstat", "-r"), "routes")
            rows = schema.validate("top", output(inlet, "top", "--json", "-tn", "-c", "3", "-d", "0.1"))
            check(rows[-1]["type"] == "summary" and rows[-1]["refreshes"] == 3, f"{rows[-1]}")
        finally:
            churn.kill()


def rounds(inlet):
    """-c with an interval, --count; Ctrl-C ends it with success."""
    made = pairs(socket.AF_INET, "127.0.0.1", 1)
    text = output(inlet, "netstat", "-tn", "-c", "--count", "3", "0.05")
    check(text.count("Active Internet") == 3 and text.count("ESTABLISHED") == 6, text)
    with subprocess.Popen([inlet, "netstat", "-tnc", "60"], stdout=subprocess.PIPE,
                          text=True) as running:
        check(running.stdout.readline().startswith("Active"), "the first round")
        running.send_signal(2)
        check(running.wait(harness.LIMIT_S) == 0, "Ctrl-C")
    for wrong in (("-t", "7"), ("--count", "3"), ("-t", "-r"), ("-s", "-t"), ("-s", "-r"), ("-c", "-1"), ("-c", "0.001"), ("-c", "0"), ("--style=mac",),
                  ("-r", "--style=windows"), ("-ti", "--style=windows"), ("-e", "--style=windows")):
        done = subprocess.run([inlet, "netstat", *wrong], capture_output=True, text=True)
        check(done.returncode == 2, f"{wrong}: {done.returncode}")
    check(len(made) == 3, "")


def lab(inlet):
    """A lab's sockets are as the schema says; the machine's are not among them."""
    (python,) = need("python3")
    with harness.Lab(inlet) as two:
        server = two.start("server", python, "-c", "import socket\ns = socket.create_server(('', 80))"
                           "\nprint('ready', flush=True)\ninput()")
        check(server.stdout.readline() == "ready\n", "not ready")
        (row,) = schema.validate("netstat", two.netstat("-l", "--json"))
        check(row["host"] == "server" and row["local"] == "0.0.0.0:80" and row["pid"] > 0, f"{row}")
        for option in "-i", "-r", "-N", "-g", "-s":
            schema.validate("netstat", two.netstat(option, "--json"))
        check("the machine's" not in two.netstat("-l"), "")
        check(two.command("netstat", "-tln").stdout.count("\n") == 2, "the machine has no sockets")
        check(two.command("netstat", "--lab", "nosuch").returncode == 1, "a lab that is not there")


if __name__ == "__main__":
    enter_namespace()
    harness.main({f.__name__: f for f in (thousand, columns, internals, states, lists, windows, names,
                                          unix, fallback, races, rounds, lab)})
