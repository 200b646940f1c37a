#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""scan - what a scan finds is what nmap finds, and what is so

usage: scan.py INLET CASE

A peer in a network namespace of its own has open, closed and filtered ports (peers.py).
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))

import harness
import peers
import schema
from harness import check, need
from peers import PEER4, PEER6, Peer

OPEN = [22, 80, 8080]
DROPPED, REFUSED = "200-209", "210-219"
RULES = [f"tcp dport {DROPPED} drop", f"tcp dport {REFUSED} reject with icmpx type admin-prohibited",
         f"udp dport {DROPPED} drop", f"udp dport {REFUSED} reject with icmpx type admin-prohibited"]


def scan(inlet, *args, status=0, **more):
    done = subprocess.run([inlet, "scan", *args], capture_output=True, text=True, timeout=harness.LIMIT_S, **more)
    check(done.returncode == status, f"{args}: status {done.returncode}: {done.stdout}{done.stderr}")
    return done


def states(inlet, *args):
    """{(transport, port): (state, reason)}"""
    lines = schema.validate("scan", scan(inlet, "--json", "--all", *args).stdout)
    return {(r["transport"], r["port"]): (r["state"], r["reason"]) for r in lines if r["type"] == "port"}


def nmap(*args):
    """The same of nmap; a port that it hides is in its sums, which are told apart by states."""
    (program,) = need("nmap")
    text = subprocess.run([program, "-n", "-Pn", "-T5", "--max-retries", "1", "-oX", "-", *args], capture_output=True, text=True,
                          timeout=harness.LIMIT_S, check=True).stdout
    root = xml.etree.ElementTree.fromstring(text)
    return {(p.get("protocol"), int(p.get("portid"))): (p.find("state").get("state"), p.find("state").get("reason"))
            for p in root.iter("port")}


def same(inlet, ours, theirs, ports, addresses=(PEER4, PEER6), reasons=True):
    for address in addresses:
        expected = nmap(*theirs, "-p", ports, *(["-6"] if ":" in address else []), address)
        found = states(inlet, *ours, "-Pn", "-p", ports, address)
        # nmap leaves out what is equal in many ports: those were asked for one by one, so all are there
        for key, (state, reason) in expected.items():
            check(found.get(key, ("", ""))[0] == state, f"{address} {key}: {found.get(key)}, nmap says {state}")
            if reasons and state != "open":
                check(found[key][1] == reason, f"{address} {key}: {found[key]}, nmap says {reason}")
        check(set(expected) == set(found), f"{address}: {len(expected)} of nmap, {len(found)} found")


def connect(inlet):
    """Without privileges: open, closed, filtered by silence and by ICMP."""
    with Peer(tcp=OPEN) as peer:
        peer.filter(*RULES)
        found = states(inlet, "-sT", "-T4", "-p", "20-25,80,200-215,8080", PEER4)
        check({p for (_, p), (s, _) in found.items() if s == "open"} == set(OPEN), f"{found}")
        check(found["tcp", 21] == ("closed", "conn-refused"), f"{found['tcp', 21]}")
        check(found["tcp", 200] == ("filtered", "no-response"), f"{found['tcp', 200]}")
        check(found["tcp", 210] == ("filtered", "host-unreach"), f"{found['tcp', 210]}")
        same(inlet, ["-sT", "-T4"], ["-sT"], "20-25,80,8080,200,210", addresses=[PEER4], reasons=False)


def counts(inlet):
    """How many hosts and ports are meant, and how often each is asked."""
    def asked(*args):
        lines = schema.validate("scan", scan(inlet, "--json", "--all", "-sT", "-Pn", *args).stdout)
        return lines[-1]["hosts"], [r["port"] for r in lines if r["type"] == "port"], lines[-1]["probes"]

    with Peer(tcp=OPEN) as peer:
        for targets, n in ((["127.0.0.0/30"], 2), (["127.0.0.0/31"], 2), (["127.0.0.5/32"], 1), (["127.0.0.1-3"], 3),
                           (["127.0.0.1", "127.0.0.1-2"], 2)):
            check(asked("-p1", *targets)[0] == n, f"{targets}: {asked('-p1', *targets)}")
        for ports, n in (("T:22,U:53,80", [22]), ("http", [80]), ("65535", [65535]), ("-2,65534-", [1, 2, 65534, 65535])):
            check(sorted(asked(f"-p{ports}", "127.0.0.1")[1]) == n, f"{ports}: {asked(f'-p{ports}', '127.0.0.1')}")
        peer.filter("tcp dport 200-209 drop")
        for retries, n in ((0, 20), (1, 30)):
            found = asked("-T4", "--timeout", "0.2", "--retries", str(retries), "-p", "190-209", PEER4)[2]
            check(found == n, f"{retries} retries: {found} probes, {n} expected")


def need_raw():
    peers.enter()
    if os.geteuid() != 0:
        print("skipped: this needs to be root")
        sys.exit(77)


def packets(inlet):
    """Each kind of probe by packets: the states and reasons of nmap, for IPv4 and IPv6."""
    need_raw()
    with Peer(tcp=OPEN) as peer:
        peer.filter(*RULES)
        for kind in "SFNXA":
            same(inlet, [f"-s{kind}", "-T4"], [f"-s{kind}"], "21,22,80,8080,201,211",
                 addresses=[PEER4, PEER6] if kind == "S" else [PEER4])


def udp(inlet):
    """Open, closed, filtered by ICMP, and what cannot be told apart."""
    need_raw()
    with Peer(udp=[53, 5000]) as peer:
        peer.filter(*RULES)
        peer.run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit")
        found = states(inlet, "-sU", "-T4", "-p", "53,54,201,211,5000", PEER4)
        check(found == {("udp", 53): ("open", "udp-response"), ("udp", 54): ("closed", "port-unreach"),
                        ("udp", 201): ("open|filtered", "no-response"),
                        ("udp", 211): ("filtered", "admin-prohibited"),
                        ("udp", 5000): ("open", "udp-response")}, f"{found}")
        found = states(inlet, "-sU", "-T4", "-p", "53,54,211", PEER6)
        check([s for s, _ in found.values()] == ["open", "closed", "filtered"], f"{found}")


def limited(inlet):
    """A machine that sends an ICMP error a second, after six: closed ports are found closed, as nmap finds them."""
    need_raw()
    ports = "53,200,300-306"
    with Peer(udp=[53]) as peer:
        peer.filter("udp dport 200 drop")
        # whoever asks has a limit of his own: nmap may meet its one in the meantime
        (program,) = need("nmap")
        peers.run("ip", "addr", "add", "10.9.0.3/24", "dev", "here")
        other = subprocess.Popen([program, "-n", "-Pn", "-sU", "-T4", "-S", "10.9.0.3", "-e", "here", "-oX", "-",
                                  "-p", ports, PEER4],
                                 stdout=subprocess.PIPE, text=True)
        # one port is left of these, and nothing before it would pass the time until there may be an error again
        peers.run("ip", "addr", "add", "10.9.0.4/24", "dev", "here")
        peers.run("ip", "route", "add", "10.9.0.5", "dev", "here", "src", "10.9.0.4")
        peer.run("ip", "addr", "add", "10.9.0.5/24", "dev", "there")
        few = subprocess.Popen([inlet, "scan", "-sU", "-Pn", "-T4", "-p", "300-306", "10.9.0.5"], stdout=subprocess.PIPE, text=True)
        found = states(inlet, "-sU", "-Pn", "-T4", "-p", ports, PEER4)
        out, _ = few.communicate(timeout=harness.LIMIT_S)
        check(out.count("  closed  ") == 7, f"the first after a pause: {out}")
        out, _ = other.communicate(timeout=harness.LIMIT_S)
        root = xml.etree.ElementTree.fromstring(out)
        theirs = {("udp", int(p.get("portid"))): (p.find("state").get("state"), p.find("state").get("reason"))
                    for p in root.iter("port")}
        check(found == theirs, f"{found}, nmap says {theirs}")
        check([s for s, _ in found.values()] == ["open", "open|filtered"] + 7 * ["closed"], f"{found}")


def excluded(inlet):
    """Who is excluded is not scanned: by number, range, prefix (to its edges), file; ::/0 is not all of IPv4."""
    def left(*args):
        out = scan(inlet, "-sn", "-Pn", "--json", *args).stdout
        return [r["host"] for r in schema.validate("scan", out) if r["type"] == "host"]
    ten = ("10.9.0.1-10",)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("# whom not to ask\n10.9.0.4, 10.9.0.6\t10.9.0.5 # three\n\nfd00::/8")
        file.flush()
        for args, last in (((), range(1, 11)), (("--exclude", "10.9.0.3"), (1, 2, 4, 5, 6, 7, 8, 9, 10)),
                           (("--exclude", "10.9.0.2-8,10.9.0.3,10.9.0.7-9"), (1, 10)), (("--exclude", "10.9.0.9/30"), (1, 2, 3, 4, 5, 6, 7)),
                           (("--exclude", "::/0"), range(1, 11)), (("--exclude", "10.9.0.1", "--exclude", "10.9.0.10"), range(2, 10)),
                           (("--exclude-file", file.name, "--exclude", "10.9.0.7"), (1, 2, 3, 8, 9, 10))):
            check(left(*args, *ten) == [f"10.9.0.{n}" for n in last], f"{args}: {left(*args, *ten)}")
        check(left("--exclude", "fd09::3/127", "fd09::/126") == ["fd09::", "fd09::1"], "IPv6")
        check(left("--exclude", "8.8.8.0/24", "8.8.8.8", *ten) == left(*ten), "nobody has to allow what is excluded")
        file.write("\n10.9.0.300\n")
        file.flush()
        for args, words in ((("--exclude", "0.0.0.0/0,::/0"), "each of the targets"), (("--exclude", "localhost"), "no names"),
                            (("--exclude", "10.9.0.1/33"), "no names"), (("--exclude", "10.9.0.9-3"), "no names"),
                            (("--exclude-file", file.name), f"{file.name}, line 5: expected addresses")):
            done = scan(inlet, "-sn", "-Pn", *args, *ten, status=2)
            check(words in done.stderr and done.stdout == "", f"{args}: {done}")


def listed(inlet):
    """Targets of a file or of stdin, beside those of the command line: what is wrong is told with its line."""
    def found(*args, **more):
        return [(r["host"], r.get("name")) for r in schema.validate("scan", scan(inlet, "-sn", "-Pn", "--json", *args, **more).stdout)
                if r["type"] == "host"]
    words = "# ours\n10.9.0.4, 10.9.0.8/31\t10.9.0.4 # twice\n\nlocalhost\n10.9.0.1-2"
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(words)
        file.flush()
        want = [(f"10.9.0.{n}", None) for n in (1, 2, 4, 8, 9)] + [("127.0.0.1", "localhost")]
        check(found("-4", "--targets", file.name) == want, f"{found('-4', '--targets', file.name)}")
        check(found("-4", "--targets", "-", input=words) == want, "stdin")
        check(found("-4", "--targets", file.name, "10.9.0.3", "--exclude", "10.9.0.0/29") == want[3:], "both, less some")
        for text, said in (("", "no target stands in"), ("# nobody\n", "no target stands in"), ("::1 10.9.0.1\n\n10.9.0.1/40", ", line 3: 10.9.0.1/40"),
                           ("a\x1b[2Jb", ", line 1: a\\x1b[2Jb"), ("x" * 5000, ", line 1: longer than 4095 bytes"), ("\0", "no text")):
            file.truncate(0)
            file.seek(0)
            file.write(text)
            file.flush()
            done = scan(inlet, "-sn", "-Pn", "--targets", file.name, status=2)
            check(said in done.stderr and "\x1b" not in done.stderr and done.stdout == "", f"{text}: {done}")


def hosts(inlet):
    """Hosts are found by ARP and ND though they drop everything else; who is not there is not found."""
    need_raw()
    with Peer() as peer:
        peer.filter("ip protocol {icmp, tcp, udp} drop", "icmpv6 type {echo-request} drop", "meta l4proto {tcp, udp} drop")
        lines = schema.validate("scan", scan(inlet, "-sn", "-T4", "--timeout", "0.2", "--json", "10.9.0.0/29", PEER6, "fd09::3").stdout)
        found = {r["host"]: r["reason"] for r in lines if r["type"] == "host"}
        check(found == {peers.HERE4: "localhost-response", PEER4: "arp-response", PEER6: "nd-response"}, f"{found}")
        text = scan(inlet, "-sn", "-T4", "--timeout", "0.2", "10.9.0.0/29").stdout
        check(text.count(": up (") == 2 and "2 of 6 hosts up" in text, text)
        scan(inlet, "-sn", "-T5", "--timeout", "0.1", "-PEPSAU", PEER4, status=1)
        excluded(inlet)
        peer.run("nft", "flush", "ruleset")
        for letter, reason in (("E", "echo-reply"), ("P", "timestamp-reply"), ("S", "reset"), ("A", "reset"),
                               ("U", "port-unreach")):
            lines = schema.validate("scan", scan(inlet, "-sn", "-T4", "--timeout", "0.2", "--json", f"-P{letter}", PEER4).stdout)
            check(lines[0]["reason"] == reason, f"{letter}: {lines}")


def source(inlet):
    """From an address that the kernel does not have: who answers for it, and resets, is a host of our own."""
    need_raw()
    with Peer(tcp=OPEN) as peer:
        # the kernel's own RST would not get out
        (nft,) = need("nft")
        peers.run(nft, "table inet f {\nchain o {\ntype filter hook output priority 0;\ntcp flags rst drop\n}\n}")
        # two addresses behind the peer, which as a router answers no ARP for them
        peer.run("sh", "-c", "ip addr add 172.16.9.9/32 dev lo; ip addr add fd99::9/128 dev lo\n"
                 "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore")
        for route in (("172.16.9.0/24", "via", PEER4), ("fd99::/64", "via", PEER6),
                      ("172.16.8.0/24", "via", "10.9.0.3"), ("172.16.7.0/24", "via", "inet6", PEER6)):
            peers.run("ip", "route", "add", *route)
        for own, target in (("10.9.0.77", PEER4), ("fd09::77", PEER6), ("10.9.0.77", "172.16.9.9"), ("fd09::77", "fd99::9")):
            peer.run(nft, "table inet c {\nchain i {\ntype filter hook input priority 0;\n"
                     f"ip{'6' if ':' in own else ''} saddr {own} tcp flags rst counter\n}}\n}}")
            found = states(inlet, "-sS", "-T4", "--source-addr", own, "-p", "21,22,80", target)
            check([s for s, _ in found.values()] == ["closed", "open", "open"], f"{own}: {found}")
            check("packets 0" not in peer.run(nft, "list", "table", "inet", "c"), "no RST came from our host")
            peer.run(nft, "delete", "table", "inet", "c")
        for taken in (PEER4, peers.HERE4):
            done = scan(inlet, "-p22", "--source-addr", taken, PEER4, status=2)
            check("somebody has this address" in done.stderr, done.stderr)
        for own, targets, words in (("10.7.0.7", ["172.16.9.9"], "of a network of this machine's interface"),
                                    ("10.9.0.77", ["172.16.9.9", "172.16.8.1"], "more than one router"),
                                    ("10.9.0.77", ["172.16.7.1"], "no address of their version"),
                                    ("fd09::77", [PEER4], "of its own version"), ("127.0.0.9", ["127.0.0.1"], "behind one interface")):
            done = scan(inlet, "-Pn", "-p22", "-T5", "--source-addr", own, *targets, status=2)
            check(words in done.stderr and done.stdout == "", f"{own} {targets}: {done}")


def versions(inlet):
    """Banners tell what a port is; hostile ones reach neither terminal nor XML."""
    banners = {22: b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 80: b"HTTP/1.0 200 OK\r\nServer: nginx/1.22\r\n\r\n",
               2000: b"220 \x1b[31mred\x9b<&\">\x00 FTP\r\n", 2001: b"\x4a\0\0\0\x0a8.0.36\0more",
               2002: b"A" * 100000, 2003: b""}     # who never ends his line, and who says nothing at all
    with Peer(tcp=banners, banners=banners), tempfile.TemporaryDirectory() as folder:
        args = ["-sT", "-V", "-p", "22,80,2000-2003", "--timeout", "0.5", "--xml", f"{folder}/x",
                "--grepable", f"{folder}/g", PEER4]
        lines = schema.validate("scan", scan(inlet, "--json", *args).stdout)
        said = {r["port"]: (r.get("service"), r.get("product")) for r in lines if r["type"] == "port"}
        check(said[22] == ("ssh", "OpenSSH_9.2p1 Debian-2") and said[80] == ("http", "nginx/1.22") and
              said[2000][0] == "ftp" and said[2001] == ("mysql", "8.0.36"), f"{said}")
        said = {r["port"]: r.get("banner") for r in lines if r["type"] == "port"}
        check(said[2002] == 199 * "A" and said[2003] is None, f"{said}")
        text = scan(inlet, *args).stdout
        check("\x1b" not in text and "\\x1b[31mred" in text, repr(text))
        products = {p.get("portid"): p.find("service").get("product")
                    for p in xml.etree.ElementTree.parse(f"{folder}/x").getroot().iter("port")}
        check(products["2000"].startswith("\\x1b[31mred\\x9b<&\">"), f"{products}")
        lines = pathlib.Path(f"{folder}/g").read_text()
        check("22/open/tcp//ssh//OpenSSH_9.2p1 Debian-2/" in lines and "\x1b" not in lines, lines)


# Packets of somebody who has seen none of ours, as fast as they leave, until nobody waits for more:
# SYN-ACK and RST to many ports, datagrams, echo replies, errors with a quote.
FLOOD = """
import os, random, socket, struct, sys
here, there = (socket.inet_aton(a) for a in sys.argv[1:3])
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
def ip(proto, body, source=there, to=here):
    return struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(body), 1, 0, 64, proto, 0) + source + to + body
print('ready', flush=True)
while os.getppid() != 1:
    for n in range(1000):
        port, mine, word = random.randrange(1, 100), random.randrange(1024, 65536), random.getrandbits(32)
        quoted = ip(6, struct.pack('>HHIIBBHI', mine, port, word, 0, 0x60, 2, 1, 0), here, there)
        for packet in (ip(6, struct.pack('>HHIIBBHI', port, mine, 7, word, 0x50, 18, 1, 0)),
                       ip(6, struct.pack('>HHIIBBHI', port, mine, word, word, 0x50, 20, 1, 0)),
                       ip(17, struct.pack('>HHHH', port, mine, 8, 0)), ip(1, struct.pack('>BBHI', 0, 0, 0, word)),
                       ip(1, struct.pack('>BBHI', 3, 13, 0, 0) + quoted)):
            try:
                out.sendto(packet, (sys.argv[1], 0))
            except OSError:
                pass
"""


def hostile(inlet):
    """A flood of answers to nothing that was asked changes no state, and the scan ends."""
    need_raw()
    with Peer(tcp=OPEN) as peer:
        peer.filter("tcp dport 31-79 drop")
        (nsenter,) = need("nsenter")
        flood = subprocess.Popen([nsenter, "-t", str(peer.process.pid), "-n", sys.executable, "-c", FLOOD, peers.HERE4, PEER4],
                                 stdout=subprocess.PIPE, text=True)
        try:
            check(flood.stdout.readline() == "ready\n", "no flood")
            found = states(inlet, "-sS", "-Pn", "-T4", "-p", "20-99", PEER4)
            check(flood.poll() is None, "the flood has ended")
        finally:
            flood.kill()
            flood.wait()
            flood.stdout.close()
        expected = {("tcp", p): "open" if p in OPEN else "filtered" if 31 <= p < 80 else "closed" for p in range(20, 100)}
        check({k: s for k, (s, _) in found.items()} == expected, f"{found}")


def forms(inlet):
    """XML that nmap's document type allows, lines as its -oG, sums of what is alike."""
    with Peer(tcp=[*OPEN, *range(3000, 3026)]), tempfile.TemporaryDirectory() as folder:
        check(scan(inlet, "-sT", "-p3000-3025", PEER4).stdout.count("/tcp") == 26, "open ports are never a sum")
        text = scan(inlet, "-sT", "-p", "1-100", "--xml", f"{folder}/x", "--grepable", f"{folder}/g", PEER4).stdout
        check("22/tcp" in text and "98 closed" in text and "21/tcp" not in text and " ssh " in text, text)
        check(" ssh " not in scan(inlet, "-sT", "-n", "-p22", PEER4).stdout, "-n")
        lint, dtd = "xmllint", "/usr/share/nmap/nmap.dtd"
        if os.path.exists(dtd) and subprocess.run(["which", lint], capture_output=True).returncode == 0:
            peers.run(lint, "--noout", "--dtdvalid", dtd, f"{folder}/x")
        extra = xml.etree.ElementTree.parse(f"{folder}/x").getroot().find("host/ports/extraports")
        check((extra.get("state"), extra.get("count")) == ("closed", "98"), f"{extra.attrib}")
        lines = pathlib.Path(f"{folder}/g").read_text()
        check(f"Host: {PEER4} ()\tPorts: 22/open/tcp//ssh///, 80/open/tcp//http///\tIgnored State: closed (98)\n"
              in lines, lines)


def ctrl_c(inlet):
    """Ctrl-C ends a slow scan, and what is known by then is told."""
    with Peer(tcp=[22, 80]):
        # The first probes find the host; then one a second.
        process = subprocess.Popen([inlet, "scan", "-sT", "-Pn", "-p", "22,80,1-1000", "--rate", "2", "--json", PEER4],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        harness.until_takes(process, signal.SIGINT)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=harness.LIMIT_S)
        check(process.returncode == 130, f"status {process.returncode}: {err}")
        summary = schema.validate("scan", out)[-1]
        check(summary["type"] == "summary" and summary["stopped"], f"{summary}")
        summary = schema.validate("scan", scan(inlet, "-sT", "-Pn", "-p1-40", "--rate", "50", "--json", PEER4).stdout)[-1]
        check(summary["took_s"] >= 0.75 and not summary["stopped"], f"forty probes at 50 a second: {summary}")
        done = scan(inlet, "-sT", "-Pn", "-p1-40", "--rate", "50", PEER4)
        check("pass" not in done.stderr, f"progress without a terminal: {done}")


def resume(inlet):
    """A scan that was stopped goes on where it was, and finds what one run would have found."""
    with Peer(tcp=[22, 80]), tempfile.TemporaryDirectory() as folder:
        state = f"{folder}/state"
        process = subprocess.Popen([inlet, "scan", "-Pn", "-sT", "-p", "1-100", "--rate", "25", "--json", "--all",
                                    "--state", state, PEER4], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        harness.until_takes(process, signal.SIGQUIT)
        answered = 0
        while answered < 5:
            process.send_signal(signal.SIGQUIT)     # a word in between
            answered = int(process.stderr.readline().split(" of ")[0].split()[-1])
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=harness.LIMIT_S)
        check(process.returncode == 130 and err.endswith(f"inlet scan: stopped; `inlet scan --resume {state}` goes on\n"), err)
        first = schema.validate("scan", out)[-1]["probes"]
        check(5 <= first < 100, f"{first} probes at first")
        lines = schema.validate("scan", scan(inlet, "--resume", state).stdout)
        found = {r["port"]: r["state"] for r in lines if r["type"] == "port"}
        check(found == {p: "open" if p in (22, 80) else "closed" for p in range(1, 101)}, f"{found}")
        check(lines[-1]["probes"] <= 100 - first + 1, f"{first}, then {lines[-1]['probes']} probes")
        text = pathlib.Path(state).read_text()
        anew = "inlet scan: the state does not fit this scan ({}): begin anew\n"
        for old, new, words in (('"at":', '"at":999', anew.format("its place")), ('"pass":', '"pass":9', anew.format("its place")),
                                ("[[", "[[9999,1],[", anew.format("its answers")), ('"hosts":{', '"hosts":{"::1":1,', anew.format("its hosts")),
                                ('"argv":[', '"argv":[7,', anew.format("its command line")),
                                ('"version":1', '"version":2', f"inlet scan: {state} is not the state of a scan\n"),
                                ("{", "", f"inlet scan: {state}: not the state of a scan\n")):
            pathlib.Path(state).write_text(text.replace(old, new, 1))
            done = scan(inlet, "--resume", state, status=2)
            check(done.stderr == words and done.stdout == "", f"{new}: {done}")


def mistakes(inlet):
    peers.enter()
    for args, words in (([], "whom to scan"), (["-p", "70000", "10.0.0.1"], "expected ports"),
                        (["10.0.0.0/33"], "expected a host"), (["10.0.0.9-3"], "expected a host"),
                        (["-sQ", "10.0.0.1"], "one of T, S"), (["8.8.8.8"], "--i-have-permission"),
                        (["2001:4860:4860::8888"], "--i-have-permission"), (["224.0.0.1"], "multicast"),
                        (["fe80::1"], "fe80::1%eth0"), (["fe80::/126"], "its interface"),
                        (["10.0.0.0/8"], "in parts"), (["-4", "-6", "::1"], "not both"), (["-p1", "--top-ports", "5", "::1"], "not both"),
                        (["--resume", "x", "::1"], "stands alone"), (["-p", "22,,80", "::1"], "expected ports"), (["-6", "10.0.0.0/30"], "other version"),
                        (["-4", "fd00::/126"], "other version"), (["-sT", "-pU:53", "::1"], "no port of the transports"),
                        (["-p", "-", "-p", "5-1", "::1"], "expected ports")):
        done = scan(inlet, *args, status=2)
        check(words in done.stderr and done.stdout == "", f"{args}: {done}")


def public(inlet):
    """What is public and what is not, at the edges of the registry's prefixes."""
    peers.enter()
    for address in ("9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0",
                    "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "2001:db7:ffff::", "fec0::1",
                    "2000::1", "64:ff9b::a00:1", "2002:a00:1::1"):
        done = scan(inlet, "-Pn", "-p1", address, status=2)
        check("public address" in done.stderr, f"{address}: {done}")
    for address in ("10.255.255.255", "172.16.0.0", "172.31.255.255", "100.127.255.255", "192.168.0.1", "198.19.0.1",
                    "127.0.0.1", "fdff::1", "::1", "2001:db8::1"):
        scan(inlet, "-sT", "-Pn", "-p1", "--timeout", "0.01", "--retries", "0", address)


if __name__ == "__main__":
    harness.main({"connect": connect, "counts": counts, "ctrl_c": ctrl_c, "forms": forms, "hosts": hosts, "hostile": hostile, "limited": limited, "listed": listed, "mistakes": mistakes, "packets": packets, "public": public, "resume": resume, "source": source, "udp": udp,
                  "versions": versions})
