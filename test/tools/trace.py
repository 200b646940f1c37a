#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""trace - against traceroute in namespaces, and on three routers of a lab

usage: trace.py INLET CASE [EXAMPLE]
"""

import pathlib
import re
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))

import dns
import harness
import nets
import schema
from harness import Lab, check, need
from top import Terminal


def ways(text):
    """[(hop, who, marks)] of what traceroute or trace has printed."""
    found = []
    for line in text.splitlines():
        hop = re.match(r" *(\d+)  ?(.*)", line)
        if hop and not line.startswith("traceroute"):
            marks = sorted(set(re.findall(r"![A-Z]\S*", line)))
            found.append((int(hop[1]), re.findall(r"(?:^| )([0-9a-f.:]*[.:][0-9a-f]+)(?= )", hop[2])
                          [:1], marks))
    return found


def methods(inlet):
    """All three kinds of probes, both families, with privileges and without: traceroute's findings."""
    (traceroute,) = need("traceroute")
    far = nets.chain(3)
    for host in far.values():
        wanted = ways(nets.on("h1", traceroute, "-n", host).stdout)
        check(len(wanted) == 4 and wanted[3][1] == [host], f"traceroute: {wanted}")
        for before in [], nets.without_privileges():
            for method in "-U", "-I", "-T":
                done = nets.on("h1", *before, inlet, "trace", "-n", method, host)
                check(ways(done.stdout) == wanted and done.returncode == 0, f"{method}: {done}")
                check(done.stdout.count(" ms") == 12 and "NAT" not in done.stdout, done.stdout)
                check(done.stdout.split("\n", 1)[1].count(host) == 1, f"said again for each probe: {done.stdout}")


def marks(inlet):
    """!H, !N, !X, !P; silent hops; -f, -m, -q; a narrow link."""
    traceroute, nft = need("traceroute", "nft")
    far = nets.chain(3)
    nets.ip("-n", "r2", "route", "add", "unreachable", "10.9.1.0/24")
    nets.ip("-n", "r2", "route", "add", "prohibit", "10.9.2.0/24")
    nets.ip("-n", "h1", "route", "add", "10.9.0.0/16", "via", "10.0.1.2")
    nets.ip("-n", "r1", "route", "add", "10.9.0.0/16", "via", "10.0.2.2")
    for host, mark in (("10.9.1.1", "!H"), ("10.9.2.1", "!X"), ("10.9.3.1", "!N")):
        args = ("-n", "-I", "-w", "1", "-q", "1", "-N", "1", host)   # the kernel sends five a second
        ours = nets.on("h1", inlet, "trace", *args).stdout
        theirs = nets.on("h1", traceroute, *args).stdout
        check(ways(ours)[-1][1:] == ways(theirs)[-1][1:], ours + theirs)
        check(ways(ours)[-1][2] == [mark], f"{mark}: {ours}")
    nets.ip("-n", "r3", "link", "set", "n4", "mtu", "1400")
    nets.ip("-n", "r2", "link", "set", "n3", "mtu", "1450")
    for family, host in far.items():
        done = nets.on("h1", inlet, "trace", "-n", "--mtu", "-q", "1", host).stdout
        check(re.findall(r"^ (\d).*F=(\d+)", done, re.M) == [("1", "1500"), ("3", "1450"), ("4", "1400")],
              f"{family}: {done}")
        check("path MTU 1400" in done, done)
    nets.on("h2", nft, "add table ip t; add chain ip t c {type filter hook input priority 0;}; "
            "add rule ip t c tcp dport 4711 reject with icmp type admin-prohibited; "
            "add rule ip t c tcp dport 80 reject with icmp type host-prohibited; "
            "add rule ip t c udp dport 4711 reject with icmp type admin-prohibited")
    for args in ("-T", "-p", "4711"), ("-T", "-p80"), ("-T",), ("-U", "-p", "4711"), ("-U",):
        done = nets.on("h1", inlet, "trace", "-n", "-q", "1", "-f", "4", *args, far["-4"]).stdout
        check(ways(done)[-1][2] == ([] if args == ("-U",) else ["!X"]), f"{args}: {done}")
    nets.on("r2", nft, "add table ip t; add chain ip t c {type filter hook output priority 0;}; "
            "add rule ip t c icmp type time-exceeded drop")
    done = nets.on("h1", inlet, "trace", "-n", "-q", "2", "-w", "0.3", far["-4"]).stdout
    check(ways(done)[1] == (2, [], []) and " 2  * *\n" in done and ways(done)[3][1] == [far["-4"]], done)
    done = nets.on("h1", inlet, "trace", "-n", "-f", "3", "-m", "3", "-N", "1", far["-4"]).stdout
    check([hop[0] for hop in ways(done)] == [3], done)


# the first probe is answered when the eighteenth has come: past the sixteen that are under way at once
LATE = """
import socket, struct
def csum(b):
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x800))
tap.bind(("n2", 0))
print("up", flush=True)
first = None
while True:
    data, who = tap.recvfrom(2000)
    if data[9] != 1 or data[20] != 8 or who[2] == 4: continue
    if first is None: first = data
    if data[26:28] == bytes([0, 18]):
        m = b"\\0\\0\\0\\0" + first[24:]
        m = m[:2] + struct.pack("!H", csum(m)) + m[4:]
        raw.sendto(m, (socket.inet_ntoa(first[12:16]), 0))
"""


def silent(inlet):
    """Who does not answer holds up nobody: 28 silent hops, six times 5 seconds if one waited for each 16 probes."""
    (nft,) = need("nft")
    far = nets.chain(1)
    nets.on("h2", nft, "add table inet t; add chain inet t c {type filter hook input priority 0; policy drop;}; "
            "add rule inet t c icmpv6 type {nd-neighbor-solicit, nd-neighbor-advert} accept")
    running = [nets.start("h1", inlet, "trace", "-n", method, host) for host, method in zip(far.values(), ("-U", "-I"))]
    begin = time.monotonic()
    for process in running:
        out, _ = process.communicate(timeout=harness.LIMIT_S)
        check(re.search(r"^ 1  \S+  [\d.]+ ms .*\n 2  \* \* \*\n", out, re.M) and out.endswith("\n30  * * *\n"), out)
    check(time.monotonic() - begin < 20, f"{time.monotonic() - begin} s")
    # an answer that comes late counts, though others were sent meanwhile
    late = nets.start("h2", sys.executable, "-c", LATE)
    try:
        check(late.stdout.readline() == "up\n", "nobody answers")
        done = nets.on("h1", inlet, "trace", "-n", "-I", "-q", "1", "-m", "20", far["-4"]).stdout
        check(re.search(r"^ 2  10\.0\.2\.2  [\d.]+ ms$", done, re.M) and done.count("\n") == 3, done)
    finally:
        late.kill()
        late.communicate()


def hints(inlet, *args):
    """Whether each hop has a hint to a NAT, once each has answered: just after its start a link may be silent."""
    for _ in range(10):
        done = nets.on("h1", inlet, "trace", "-n", "-w", "2", *args)
        hops = done.stdout.splitlines()[1:]
        if hops and not any("*" in hop for hop in hops):
            return [("[NAT]" in hop) for hop in hops]
    raise harness.Failed(f"silent: {done}")


def translated(inlet):
    """A NAT between two routers is found out by what those behind it quote; without one there is no hint."""
    (nft,) = need("nft")
    far = nets.chain(3)
    new = "add table inet t; add chain inet t p {type %s priority %s;}; add rule inet t p %s"

    def rule(router, *words):
        done = nets.on(router, nft, new % words)
        check(done.returncode == 0, done.stderr)

    for host in far.values():
        for method in "-U", "-I", "-T":
            check(hints(inlet, method, host) == [False] * 4, f"{method} {host}: a hint without NAT")
    rule("r1", "nat hook postrouting", "100", "oifname n2 masquerade")
    for host in far.values():
        check(hints(inlet, host) == [False, True, True, True], f"{host}: masquerade")
    done = nets.on("h1", inlet, "trace", "-n", "-r", "-c", "2", "-W", "0.1", far["-4"])
    check([("[NAT]" in row) for row in done.stdout.splitlines()[1:]] == [False, True, True, True], done.stdout)
    done = nets.on("h1", inlet, "trace", "-n", "-r", "-c", "2", "-W", "0.1", "--json", far["-4"])
    found = [o for o in schema.validate("trace", done.stdout) if o["type"] == "figures"]
    check([o.get("translated", False) for o in found] == [False, True, True, True], done.stdout)
    nets.on("r1", nft, "delete table inet t")
    # who is asked for passes packets on to another: even echo requests show that
    for family, door, behind in (("ip", "10.0.2.2", far["-4"]), ("ip6", "fd02::2", far["-6"])):
        rule("r2", "nat hook prerouting", "-100", f"{family} daddr {door} dnat {family} to {behind}")
        for before in [], nets.without_privileges():
            done = nets.on("h1", *before, inlet, "trace", "-n", "-I", door).stdout
            check([("[NAT]" in hop) for hop in done.splitlines()[1:]] == [False, True, True, False], done)
        nets.on("r2", nft, "delete table inet t")
    rule("r1", "filter hook forward", "0", "udp dport 33434 udp checksum set 0x1234")
    check(hints(inlet, "-m", "3", far["-4"]) == [False, True, True], "another checksum")


FLOWS = """
import socket, struct, sys
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x800))
tap.bind(("n2", 0))
def csum(b):
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
print("up", flush=True)
while True:
    data, who = tap.recvfrom(2000)
    if data[9] != 17 or who[2] == 4: continue
    quote = data[:60].ljust(128, b"\\0")
    ext = b"\\x20\\0\\0\\0" + struct.pack("!HBB", 8, 1, 1) + struct.pack("!I", 16001 << 12 | 3 << 9 | 0x100 | 7)
    ext = ext[:2] + struct.pack("!H", csum(ext)) + ext[4:]
    body = struct.pack("!BBHBBH", 11, 0, 0, 0, 32, 0) + quote + ext
    body = body[:2] + struct.pack("!H", csum(body)) + body[4:]
    raw.sendto(body, (socket.inet_ntoa(data[12:16]), 0))
"""


def extensions(inlet):
    """A router with MPLS: its labels are told, whichever way errors reach us."""
    far = nets.chain(2)["-4"]
    nets.setting("r2", **{"net.ipv4.ip_forward": "0"})
    router = nets.start("r2", sys.executable, "-c", FLOWS)
    try:
        check(router.stdout.readline() == "up\n", router.stderr.read() if router.poll() else "")
        # hop limit 3: the kernel of r2 does not forward, and says nothing
        for before in [], nets.without_privileges():
            done = nets.on("h1", *before, inlet, "trace", "-n", "-f", "3", "-m", "3", "-q", "1", "-w", "2",
                           "--json", far)
            found = schema.validate("trace", done.stdout)
            answer = found[1]["answers"][0]
            check(answer["from"] == "10.0.2.2" and "label 16001 exp 3" in answer["extensions"],
                  f"{before}: {done}")
    finally:
        router.kill()
        router.communicate()


def names(inlet):
    """Names and autonomous systems come from the DNS, cleaned; without an answer output goes on."""
    far = nets.chain(2)
    dns.use("127.0.0.1", "options timeout:1 attempts:1")
    done = nets.on("h1", inlet, "trace", "-A", far["-4"])
    check(ways(done.stdout)[2][1] == [far["-4"]] and "[*]" in done.stdout, f"without a server: {done}")
    check(done.stderr == "inlet trace: no nameserver answers: names are missing; -n asks none\n", f"{done}")
    done = nets.on("h1", inlet, "trace", "-A", "-n", far["-4"])
    check("without -A none is asked" in done.stderr, f"advice that was followed: {done}")
    dns.use("10.0.2.77")    # questions vanish: they hold up output for two seconds in all
    for more in (), ("-A", "--json"):
        done = nets.on("h1", inlet, "trace", *more, far["-6"])
        check("no nameserver answers" in done.stderr and far["-6"] in done.stdout and done.returncode == 0, f"{done}")
    done = nets.on("h1", inlet, "trace", "-n", far["-6"])
    check(done.stderr == "", f"{done}")
    dns.start("h1")
    for host, zone in (far["-4"], "64500 64501"), (far["-6"], "64502"):
        done = nets.on("h1", inlet, "trace", "-A", host)
        check(re.search(rf" 1  gw\d\.example \(\S+\) \[AS{zone}\]  [\d.]+ ms", done.stdout), f"{done}")
        check("\033" not in done.stdout, "an escape sequence came through")
        done = nets.on("h1", inlet, "trace", "-A", "-n", "--json", host)
        hops = [o for o in schema.validate("trace", done.stdout) if o["type"] == "hop"]
        check(len(hops) == 3 and all(o["answers"][0]["as"] == zone for o in hops), done.stdout)
        check("name" not in done.stdout, done.stdout)
    done = nets.on("h1", inlet, "trace", "-A", "-r", "-c", "2", "-W", "0.05", far["-6"])
    check(re.search(r" 3\. fd03::2 \[AS64502\] +0.0%| 3\. gw\d\.example \(fd03::2\) \[AS64502\] +0.0%", done.stdout),
          f"{done}")


def flows(inlet):
    """Two ways side by side: one flow sees one of them, several see both (Paris and Dublin)."""
    nets.chain(1)
    for router, left, right in (("ra", 3, 5), ("rb", 4, 6)):
        nets.host_up(router)
        nets.setting(router, **{"net.ipv4.ip_forward": "1"})
        nets.link_up(left, "r1", router)
        nets.link_up(right, router, "h2")
        nets.ip("-n", router, "route", "add", "10.7.7.7", "via", f"10.0.{right}.2")
        nets.ip("-n", router, "route", "add", "10.0.1.0/24", "via", f"10.0.{left}.1")
    nets.setting("r1", **{"net.ipv4.fib_multipath_hash_policy": "1"})
    nets.ip("-n", "h2", "addr", "add", "10.7.7.7/32", "dev", "lo")
    nets.ip("-n", "h1", "route", "add", "10.7.7.7", "via", "10.0.1.2")
    nets.ip("-n", "r1", "route", "add", "10.7.7.7", "nexthop", "via", "10.0.3.2", "nexthop", "via",
            "10.0.4.2")
    for method in "-U", "-T":
        for _ in range(2):
            done = nets.on("h1", inlet, "trace", "-n", method, "-q", "6", "10.7.7.7")
            first = set(re.findall(r"10\.0\.[34]\.2", done.stdout))
            check(len(first) == 1, f"{method}: one flow took two ways: {done.stdout}")
        done = nets.on("h1", inlet, "trace", "-n", method, "-q", "1", "--flows", "16", "10.7.7.7")
        found = dict(re.findall(r"^flow ([\d,]+): 10.0.1.2 > (10\S+) > ", done.stdout, re.M))
        check(set(found.values()) == {"10.0.3.2", "10.0.4.2"}, f"{method}: {done.stdout}{done.stderr}")
        check(sorted(int(f) for k in found for f in k.split(",")) == list(range(16)), done.stdout)


def report(inlet):
    """A table with exact losses; JSON as its schema says."""
    (nft,) = need("nft")
    far = nets.chain(2)
    nets.on("r2", nft, "add table ip t; add chain ip t c {type filter hook output priority 0;}; "
            "add rule ip t c icmp type time-exceeded numgen inc mod 2 == 1 drop")
    done = nets.on("h1", inlet, "trace", "-n", "-r", "-c", "10", "-W", "0.05", "-w", "10", far["-4"])
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    check([(r[1], r[2], r[3]) for r in rows] ==
          [("10.0.1.2", "0.0%", "10"), ("10.0.2.2", "50.0%", "10"), (far["-4"], "0.0%", "10")], f"{done}")
    done = nets.on("h1", inlet, "trace", "-n", "-r", "-I", "-c", "3", "-W", "0.05", "--json", far["-6"])
    found = [o for o in schema.validate("trace", done.stdout) if o["type"] == "figures"]
    check([o["from"] for o in found] == ["fd01::2", "fd02::2", far["-6"]], done.stdout)
    check([o["sent"] for o in found] == [3, 3, 3], done.stdout)
    for args in ("-r", "-c", "5", "-W", "0.1"), ("-z", "0.1", "-q", "5", "-m", "1"):
        began = time.monotonic()
        done = nets.on("h1", inlet, "trace", "-n", *args, "fd01::2")
        check(time.monotonic() - began >= 0.4 and done.returncode == 0, f"{args}: too soon: {done}")
    check(all(o["best_ms"] <= o["avg_ms"] <= o["worst_ms"] for o in found), done.stdout)


def live(inlet):
    """The table on a terminal, and its keys; small terminals; what stands there afterwards."""
    (nft,) = need("nft")
    far = nets.chain(4)["-4"]
    dns.start("h1")
    nets.on("r2", nft, "add table ip t; add chain ip t c {type filter hook output priority 0;}; "
            "add rule ip t c icmp type time-exceeded drop")
    command = f"ip netns exec h1 {inlet} trace -l -W 0.1 -w 1 {far}; echo status $?; read x"
    with Terminal(command, 80, 24) as term:
        term.until(rf"^inlet trace to {far} by UDP, round \d+, every 0.1 s$",
                   r"^ +Host +Loss% +Snt +Last +Avg +Best +Curve$", r"^  1\. gw1\.example +0\.0% ",
                   r"^  2\. \(no answer\) +100\.0% +\d+ +!!!!!", r"^  5\. .*[▁▂▃▄▅▆▇█]{5}")
        term.until(r"\x1b\[31m!!!", r"\x1b\[36mgw1", options=("-e",))
        term.keys("n")
        term.until(r"^  1\. 10\.0\.1\.2 +0", without=("gw1",))
        term.keys("d")
        term.until("Wrst +StDev +Jttr$", without=("Curve",))
        term.keys("n")
        term.until(r"^  1\. gw1\.example \(10\.0\.1\.2\) +0\.0%", "Wrst +StDev$", without=("Curve",))
        term.keys("d")
        term.until(r"Loss%  Curve$", without=("Snt",))
        term.keys("s", "z")
        term.until(r"Curve, own scale$", r"^  1\. \[AS64500 64501\] gw1\.exa")
        term.keys("d", "p")
        seen = term.until("^PAUSED  inlet", r"^  5\. .* 0\.0% +\d+ ")
        term.keys("r")
        term.until("^PAUSED .* round 1,", r"^  1\. .* 0\.0% +0$")
        term.keys("?")
        term.until("Any key goes on", "count from nothing")
        term.keys("x", "p", "+")
        term.until("every 0.2 s", r"^  1\. .* 0\.0% +[1-9]", without=("PAUSED", "Any key"))
        term.keys("-", "n", "n", "z")
        term.ask("resize-window", "-x", "50", "-y", "6")
        term.until("^inlet trace", r"^  3\. 10", without=(r"^  4\.",))
        term.keys("Down")
        term.until(r"^  2\. ", r"^  4\. 10", without=(r"^  1\.", r"^  5\."))
        term.keys("End")
        term.until(r"^  5\. 10", without=(r"^  2\.",))
        term.ask("resize-window", "-x", "30", "-y", "6")
        term.until("^too small: 40x5 needed")
        term.ask("resize-window", "-x", "100", "-y", "24")
        term.until(r"^  1\. 10", r"^  2\. .* 100\.0%", r"^  5\. 10", "q quit")
        term.keys("q")
        term.until(r"^  1\. 10\.0\.1\.2 .* 0\.0%", r"^  2\. \?\?\? +100\.0%", "^status 0", without=("q quit",))
        check(seen.count("\n") == 24, seen)
    # the way becomes longer while it is watched, and shorter again
    with Terminal(f"ip netns exec h1 {inlet} trace -n -l -W 0.1 -w 1 {far}; echo status $?; read x") as term:
        term.until(r"^  5\. 10")
        nets.ip("-n", "r1", "addr", "add", far, "dev", "lo")
        term.until(r"^  1\. 10.0.1.2", rf"^     {far}", without=(r"^  2\.",))
        nets.ip("-n", "r1", "addr", "del", far, "dev", "lo")
        term.until(r"^  3\. 10.0.3.2")
        term.keys("p", "r")
        term.until("^PAUSED .* round 1,", rf"^  5\. {far} +0\.0% +0$")
        term.keys("p")
        term.until(rf"^  5\. {far} +0\.0% +\d+ +\d+\.\d")
        term.keys("C-c")
        term.until("^status 0", without=("q quit",))


LISTEN = "import socket, sys; s = socket.create_server((sys.argv[1], 80), family=socket.AF_INET6 if ':' in sys.argv[1] " \
         "else socket.AF_INET); print('up', flush=True); input()"


def lab(inlet, example):
    """Under `inlet run`, over the three routers of the example: the way, and every link's delay."""
    with Lab(inlet, pathlib.Path(example).read_text()) as net:
        for far, routers in (("10.0.4.2", ["10.0.1.1", "10.0.2.2", "10.0.3.2"]),
                             ("fd04::2", ["fd01::1", "fd02::2", "fd03::2"])):
            for method in "-U", "-I", "-T":
                done = net.run("h1", inlet, "trace", "-n", method, "-w", "5,0,0", "--json", far)
                found = schema.validate("trace", done.stdout)
                hops = [o["answers"] for o in found if o["type"] == "hop"]
                check([h[0].get("from") for h in hops] == routers + [far], f"{method}: {done}")
                check(found[-1] == {"type": "end", "reached": True, "hops": 4}, done.stdout)
                for answers, least in zip(hops, (2, 6, 12, 14)):
                    check(min(a.get("rtt_ms", -1) for a in answers) >= least, f"{method}: {answers}")
            # an open port takes one SYN of a flow for a connection, and the others for none of it
            server = net.start("h2", sys.executable, "-c", LISTEN, far)
            check(server.stdout.readline() == "up\n", "nobody listens")
            for more in ("-q", "3"), ("-q", "5", "--flows", "2"):
                done = net.run("h1", inlet, "trace", "-n", "-T", "-f", "3", "-w", "5,0,0", *more, "--json", far)
                answers = [o["answers"] for o in schema.validate("trace", done.stdout) if o["type"] == "hop"][-1]
                check([a.get("state") for a in answers] == len(answers) * ["open"], f"{more}: {done}")
                check(min(a["rtt_ms"] for a in answers) >= 14, f"{more}: {answers}")
            server.kill()


def mistakes(inlet):
    for args, words in (((), "host"), (("-m", "0", "::1"), "max-hops"), (("-w", "x", "::1"), "5,3,10"),
                        (("-I", "-T", "::1"), "exclude"), (("-f", "9", "-m", "3", "::1"), "behind"),
                        (("::1", "7"), "octets"), (("::1", "60x"), "octets"), (("-w", "0", "::1"), "5,3,10"), (("-w", "5,3,10x", "::1"), "5,3,10"),
                        (("-t", "256", "::1"), "255"), (("-4", "-6", "::1"), "exclude"), (("-i", "nosuch0", "::1"), "interface"),
                        (("--mtu", "-r", "::1"), "--mtu"), (("no.such.host.invalid",), "invalid")):
        done = subprocess.run([inlet, "trace", *args], capture_output=True, text=True,
                              timeout=harness.LIMIT_S)
        check(done.returncode == 2 and words in done.stderr and done.stdout == "", f"{args}: {done}")


if __name__ == "__main__":
    harness.main({f.__name__: f for f in (methods, marks, silent, translated, extensions, names, flows, report, live,
                                          lab, mistakes)})
