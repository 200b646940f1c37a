#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""dump - `inlet dump` beside tcpdump, and with files of all kinds

The packets are made by dump_frames. Where the two differ on purpose, docs/dump.md says why.
"""

import os
import pathlib
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import dump_frames as made
import dump_options as every
import harness
import nets
import schema
from harness import check

ENV = dict(os.environ, TZ="UTC")


def call(*args, **more):
    return subprocess.run(args, capture_output=True, env=ENV, timeout=harness.LIMIT_S, **more)


def dump(inlet, path, *flags, **more):
    return call(inlet, "dump", "-r", str(path), *flags, **more)


def files(inlet):
    """Byte orders, nanoseconds, pcapng and stdin: the same packets, the same lines."""
    frames = made.tcp_frames()
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        folder = pathlib.Path(folder)
        made.capture(folder / "plain", frames)
        want = dump(inlet, folder / "plain", "-nnttv").stdout
        check(want.count(b"\n    192.0.2.1") > 30, f"too few lines: {want}")
        for big in (False, True):
            made.capture(folder / "us", frames, big=big)
            made.capture_ng(folder / "ng", frames, big=big)
            made.capture_ng(folder / "ng6", frames, big=big, resolution=6)
            for name in ("us", "ng", "ng6"):
                got = dump(inlet, folder / name, "-nnttv")
                check(got.stdout == want and got.returncode == 0, f"{name}, big={big}: {got}")
        made.capture(folder / "ns", frames, nano=True)
        line = dump(inlet, folder / "ns", "-nntt", "--nano", "-c2").stdout.splitlines()[1]
        check(line.startswith(b"1700000061.000001001 "), f"nanoseconds: {line}")
        with open(folder / "us", "rb") as f:
            check(dump(inlet, "-", "-nnttv", stdin=f).stdout == want, "stdin")


def damage(inlet):
    """Files that are no captures or end too early: a message, status 1, and what could be read."""
    frames = made.udp_frames()[:3]
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        folder = pathlib.Path(folder)
        for make, least in ((made.capture, 24), (made.capture_ng, 60)):
            make(folder / "whole", frames)
            whole = (folder / "whole").read_bytes()
            lines = dump(inlet, folder / "whole", "-nn").stdout
            check(lines.count(b"\n") == 3, f"not three lines: {lines}")
            for n in (0, 3, 20, least + 9, len(whole) - 30, len(whole) - 1):
                (folder / "cut").write_bytes(whole[:n])
                got = dump(inlet, folder / "cut", "-nn")
                check(got.returncode == 1 and b"inlet dump: " in got.stderr and b"/cut: " in got.stderr,
                      f"{n} bytes: {got}")
                check(lines.startswith(got.stdout), f"{n} bytes: {got}")
                if n == len(whole) - 1:
                    check(got.stdout.count(b"\n") == 2, f"two packets are whole: {got}")
        for path, word in ((folder / "none", b"No such file"), (folder, b"Is a directory"),
                           (pathlib.Path(__file__), b"neither pcap nor pcapng")):
            got = dump(inlet, path)
            check(got.returncode == 1 and word in got.stderr, f"{path}: {got}")
        got = dump(inlet, folder / "whole", "tcp", "prot", "80")
        check(got.returncode == 1 and b"filter" in got.stderr, f"a wrong filter: {got}")
        check(dump(inlet, folder / "whole", "-i", "lo").returncode == 2, "two sources")


def block(kind, body, length=None, end=None):
    n = len(body) + 12
    return struct.pack("<II", kind, length or n) + body + struct.pack("<I", end or length or n)


SECTION = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
LINK = block(1, struct.pack("<HHI", 1, 0, 0))
PACKET = struct.pack("<IIIII", 0, 0, 0, 60, 60) + bytes(60)
PCAP = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)


def lies(inlet):
    """Headers that cannot be: each is called by its name, and what stands before it is shown."""
    good = SECTION + LINK + block(6, PACKET)
    cases = (
        (b"\xd4\xc3\xb2\xa1\x03" + PCAP[5:], "a version that is not known", 0),
        (PCAP + struct.pack("<IIII", 0, 0, 0x7fffffff, 60), "more bytes than any can have", 0),
        (good + struct.pack("<II", 6, 0x7ffffff0), "larger than any that is allowed", 1),
        (good + block(6, PACKET, length=93), "a length that cannot be", 1),
        (good + struct.pack("<II", 6, 8) + bytes(90), "a length that cannot be", 1),
        (good + block(6, PACKET, end=88), "ends in another length", 1),
        (good + block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4e, 1, 0, -1)), "byte order mark", 1),
        (SECTION + 257 * LINK + block(6, PACKET), "more than 256 interfaces", 0),
        (good + block(6, b"\1" + PACKET[1:]), "was not described", 1),
        (good + block(6, struct.pack("<IIIII", 0, 0, 0, 61, 61) + bytes(60)), "longer than its block", 1),
        (SECTION + block(1, struct.pack("<HHIHHBBBB", 1, 0, 0, 9, 1, 19, 0, 0, 0)), "finer than can be told", 0),
        (SECTION + block(1, struct.pack("<HHIHHBBBB", 1, 0, 0, 9, 1, 0xa9, 0, 0, 0)), "finer than can be told", 0),
        (SECTION + block(6, PACKET) + LINK, "before any interface", 0),
        (good + block(1, b"\1\0\0\0"), "description is too short", 1),
        (good + block(6, bytes(16)), "a packet block is too short", 1),
    )
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        path = pathlib.Path(folder) / "c"
        for data, words, n in cases:
            path.write_bytes(data)
            got = dump(inlet, path, "-nnt")
            check(got.returncode == 1 and words.encode() in got.stderr and got.stdout.count(b"802.3") == n, f"{words}: {got}")
        # an option that says it is longer than its block is none; a packet is not shorter than what there is of it
        path.write_bytes(good + block(6, PACKET + struct.pack("<HH", 1, 999) + b"text"))
        got = dump(inlet, path, "-nnt", "--why")
        check(got.returncode == 0 and got.stdout.count(b"802.3") == 2 and b"text" not in got.stdout, f"{got}")
        # the second comment is who has sent it, if it says so and is whole
        for second, length, owner in ((b"process 12/a\x1b\0\0\0", 13, "12/a\\x1b"), (b"processes 12", 12, None), (b"process ", 8, None),
                                      (b"process 12/a", 13, None), (b"12/a", 4, None)):
            path.write_bytes(SECTION + LINK + block(6, PACKET + struct.pack("<HH", 1, 5) + b"first\0\0\0" +
                                                    struct.pack("<HH", 1, length) + second))
            (found,) = schema.validate("dump", dump(inlet, path, "--json").stdout.decode())
            check((found["reason"], found["owner"]) == ("first", owner), f"{second}: {found}")
            shown = dump(inlet, path, "-nnt", "--why").stdout.decode()
            check(("  [" in shown) == (owner is not None) and (owner is None or f"<- first  [{owner}]\n" in shown), f"{second}: {shown}")
        # what is said of a packet is a stranger's text; not all of a packet may be there
        path.write_bytes(SECTION + LINK + block(6, struct.pack("<IIIII", 0, 0, 0, 60, 100) + bytes(60) +
                                                struct.pack("<HH", 1, 8) + b"a\x1b[2Jb\x9bc"))
        for args in ("--explain",), ("-nnt", "--why"):
            got = dump(inlet, path, *args).stdout
            check(b"a\\x1b[2Jb\\x9bc" in got and b"\x1b" not in got, f"{args}: {got}")
        check(b", 60 of them captured" in dump(inlet, path, "--explain").stdout, "60 of 100 bytes")
        path.write_bytes(PCAP + struct.pack("<IIII", 9, 0, 60, 1) + bytes(60) + struct.pack("<IIII", 8, 0, 60, 60) + bytes(60))
        found = dump(inlet, path, "-nn", "-ttttt", "-e").stdout.splitlines()
        found = [line for line in found if b"802.3" in line]
        check(b"length 60:" in found[0] and found[1].startswith(b"-00:00:01."), f"{found}")


def stops(inlet):
    """Ctrl-C ends the reading of a file: with what was shown until then, and how much that is."""
    frames = made.udp_frames()[:1] * 100
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        folder = pathlib.Path(folder)
        made.capture(folder / "few", frames)
        data = (folder / "few").read_bytes()
        (folder / "many").write_bytes(data[:24] + data[24:] * 2000)
        for path in (folder / "many", "-"):
            process = subprocess.Popen([inlet, "dump", "-nn", "-r", str(path)], env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if path == "-":  # a pipe that stays open, in the middle of a packet
                process.stdin.write(data[:-3])
                process.stdin.flush()
            first = process.stdout.readline()  # a file's other lines wait: nobody reads them
            process.send_signal(signal.SIGINT)
            out = first + process.stdout.read()
            err = process.stderr.read()
            process.stdin.close()
            check(process.wait() == 0, f"{path}: {err}")
            n = out.count(b"\n")
            check(n == 99 if path == "-" else 0 < n < 200000, f"{path}: {n} lines")
            check(b"\n%d packets shown, the rest of the file was not read\n" % n in err and b"dump:" not in err, f"{path}: {err}")


def statuses(inlet):
    """Where tcpdump fails, we do, with the same status."""
    harness.need("tcpdump", "setpriv")
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        folder = pathlib.Path(folder)
        made.capture(folder / "whole", made.udp_frames()[:3])
        (folder / "cut").write_bytes((folder / "whole").read_bytes()[:-5])
        (folder / "head").write_bytes((folder / "whole").read_bytes()[:10])
        (folder / "text").write_text("this is not a capture, but long enough for the header of one")
        (folder / "secret").write_bytes(b"")
        (folder / "secret").chmod(0)
        folder.chmod(0o755)
        nobody = ["setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
        for args in (["-r", folder / "whole"], ["-r", folder / "cut"], ["-r", folder / "head"], ["-r", folder / "text"], ["-r", folder / "none"], ["-r", folder], ["-r", folder / "secret"],
                     ["-r", folder / "whole", "no filter"], ["-r", folder / "whole", "-F", folder / "none"], ["-r", folder / "whole", "-w", folder / "none" / "x"], ["-i", "nosuchthing0"], ["-i", "lo", "-c", "1"]):
            words = [str(a) for a in args]
            theirs, ours = call(*nobody, "tcpdump", *words), call(*nobody, inlet, "dump", *words)
            check(theirs.returncode == ours.returncode, f"{words}: {theirs} {ours}")
            check((ours.returncode == 0) == (b"inlet dump: " not in ours.stderr), f"{words}: {ours}")


def listening(*args):
    """A capture in a network of its own, once it has begun."""
    process = subprocess.Popen(["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$0" "$@"', *args],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
    line = process.stderr.readline()
    if b"listening on lo" not in line:
        process.kill()
        line += process.communicate()[1]
        if b"not permitted" in line and not os.environ.get("CI"):
            print(f"skipped: no network namespace of its own: {line.decode()}")
            sys.exit(77)
        check(False, f"does not listen: {line}")
    return process


def live(inlet):
    """Packets of an interface: as many as asked for, or until Ctrl-C, then what was captured."""
    harness.need("unshare", "nsenter", "ping", "ip")
    process = listening(inlet, "dump", "-i", "lo", "-nn", "--immediate-mode", "-c", "2", "icmp")
    call("nsenter", "-t", str(process.pid), "-n", "ping", "-c", "1", "127.0.0.1")
    out, err = process.communicate(timeout=harness.LIMIT_S)
    check(process.returncode == 0 and out.count(b"ICMP echo") == 2, f"{out} {err}")
    check(b"2 packets captured" in err and b"dropped by kernel" in err, f"{err}")
    # one that cannot read for a while loses none of a burst
    process = listening(inlet, "dump", "-i", "lo", "-nn", "--immediate-mode", "-c", "60", "icmp")
    process.send_signal(signal.SIGSTOP)
    call("nsenter", "-t", str(process.pid), "-n", "ping", "-f", "-c", "30", "127.0.0.1")
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=harness.LIMIT_S)
    check(out.count(b"ICMP echo") == 60 and b"\n0 packets dropped by kernel" in err, f"{out} {err}")
    process = listening(inlet, "dump", "-i", "lo", "-w", "-")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=harness.LIMIT_S)
    check(process.returncode == 0 and b"0 packets captured" in err and len(out) == 24, f"{out} {err}")
    got = call(inlet, "dump", "-i", "nosuchthing0")
    check(got.returncode == 1 and b"-D lists them" in got.stderr, f"{got}")
    got = call("setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", inlet, "dump", "-i", "lo")
    check(got.returncode == 1 and b"takes root" in got.stderr, f"{got}")


OLD = (
    b"192.168.1.100.10459 > 192.168.1.200.80: S [tcp sum ok] 3153110659:3153110659(0) win 32768 <mss 536>"
    b" (ttl 63, id 60989, len 44)",
    b"192.168.1.200.80 > 192.168.1.100.10459: S [tcp sum ok] 7:7(0) ack 3153110660 win 100 (DF) (ttl 64, id 1, len 40)",
    b"192.168.1.100.10459 > 192.168.1.200.80: P [bad tcp cksum 5a87 (->5a86)!] 1:4(3) ack 1 win 65535 (ttl 64, id 4711, len 43)",
    b"192.0.2.1.53 > 198.51.100.7.9: [udp sum ok] udp 3 (tos 0x10, ttl 64, id 4711, len 31)",
    b"192.0.2.1 > 198.51.100.7: icmp: echo request (id 1, seq 2) [icmp sum ok] (ttl 64, id 4711, len 28)",
    b"arp who-has 198.51.100.7 tell 192.0.2.1",
)


def windump(inlet):
    """The lines of old, to the letter of the example that everybody knows."""
    a, b = "192.168.1.100", "192.168.1.200"
    frames = [made.eth(made.ip4(made.tcp(b"", 10459, 80, 3153110659, 0, 2, 32768, b"\2\4\2\x18", a, b), 6, a, b, ttl=63, ident=60989)),
              made.eth(made.ip4(made.tcp(b"", 80, 10459, 7, 3153110660, 18, 100, b"", b, a), 6, b, a, ident=1, frag=0x4000)),
              made.eth(made.ip4(made.tcp(b"abc", 10459, 80, 3153110660, 8, 24, src=a, dst=b, bad=1), 6, a, b)),
              made.eth(made.ip4(made.udp(b"abc", 53, 9), 17, tos=16)), made.eth(made.ip4(made.icmp(8, 0, b"\0\1\0\2"), 1)),
              made.arp(1, made.MAC_A, made.ip(made.A4), bytes(6), made.ip(made.B4))]
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        path = pathlib.Path(folder) / "old"
        made.capture(path, frames)
        got = dump(inlet, path, "-nnt", "--style=windump").stdout.splitlines()
        check(len(got) == len(OLD), f"{len(got)} lines")
        for x, y in zip(OLD, got):
            check(re.sub(rb"cksum \w+ \(->\w+\)", b"cksum", x) == re.sub(rb"cksum \w+ \(->\w+\)", b"cksum", y), f"\n{x}\n{y}")


# A nameserver on 127.0.0.1 that tells the name of each address: the labels of the question, in one; not of
# addresses with a 9 in the third place from the end, and of one a name that would clear a terminal. Each
# question is a line of the file that it is given.
NAMESERVER = r"""
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
log = open(sys.argv[1], "a")
print("up", flush=True)
while True:
    q, peer = s.recvfrom(1500)
    labels, at = [], 12
    while q[at]:
        labels.append(q[at + 1:at + 1 + q[at]])
        at += 1 + q[at]
    print(b".".join(labels).decode(), file=log, flush=True)
    word = b"h-" + b"".join(labels[:-2])
    name = b"evil\033[2J" if word.startswith(b"h-6623") else word
    found = word[4:5] != b"9"
    rdata = bytes([len(name)]) + name + b"\7example\0"
    answer = b"\300\14\0\14\0\1\0\0\0\74" + len(rdata).to_bytes(2, "big") + rdata
    s.sendto(q[:2] + (b"\205\200" if found else b"\205\203") + b"\0\1\0" + bytes([found]) + bytes(4) + q[12:at + 5] + (answer if found else b""), peer)
"""


def bind(folder, path, text):
    (folder / path.name).write_text(text)
    subprocess.run(["mount", "--bind", str(folder / path.name), str(path)], check=True)


def names(inlet):
    """Names of hosts and ports as tcpdump has them, each asked for once; with -n nothing is asked."""
    harness.need("tcpdump", "ip", "mount")
    nets.enter()
    nets.ip("link", "set", "lo", "up")
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        folder = pathlib.Path(folder)
        bind(folder, pathlib.Path("/etc/resolv.conf"), "nameserver 127.0.0.1\n")
        bind(folder, pathlib.Path("/etc/hosts"), "127.0.0.1 localhost\n192.0.2.1 a-host-of-the-file\n")
        bind(folder, pathlib.Path("/etc/services"), "".join(f"port{n} {n}/{proto}\n" for n in (*range(1, 10000), *range(30000, 49152)) for proto in ("tcp", "udp")))
        for kind in made.KINDS:
            made.capture(folder / kind, made.KINDS[kind]())
        hostile = made.eth(made.ip4(made.udp(b"", 1, 2, "10.3.2.66"), 17, "10.3.2.66"))
        made.capture(folder / "hostile", [hostile, hostile])
        # who does not answer costs three seconds once, not each time: the lines have the numbers
        silent = subprocess.Popen([sys.executable, "-c", "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                                   "s.bind(('127.0.0.1', 53)); print('up', flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        silent.stdout.readline()
        got = dump(inlet, folder / "icmp6")
        silent.communicate(b"\n")
        check(got.returncode == 0 and b" 2001:db8::1 > 2001:db8:0:1::abcd: ICMP6" in got.stdout, f"nobody answers: {got}")
        log = folder / "log"
        server = subprocess.Popen([sys.executable, "-c", NAMESERVER, str(log)], stdout=subprocess.PIPE)
        try:
            check(server.stdout.readline() == b"up\n", "no nameserver")
            for flags in ("-n", "-nn", "-n -vv -e"):
                same(inlet, folder / "icmp", flags)
                check(log.read_text() == "", f"{flags}: {log.read_text()}")
            got = dump(inlet, folder / "hostile")
            check(got.stdout.count(b"\n") == 2 and b"\033" not in got.stdout and b" > " in got.stdout, f"hostile names: {got}")
            for kind in made.KINDS:
                log.write_text("")
                dump(inlet, folder / kind, "-v")
                asked = log.read_text().split()
                check(asked and len(asked) == len(set(asked)), f"{kind}: asked more than once: {sorted(asked)}")
                for flags in ("", "-v -e"):
                    same(inlet, folder / kind, flags)
            check(b" h-710051198.example" in dump(inlet, folder / "icmp").stdout, "no name")
        finally:
            server.kill()
            server.communicate()


def mistakes(inlet):
    """What does not go together; -4 and -6 with and without a filter; a time of day."""
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        path, filter_file = f"{folder}/c", f"{folder}/f"
        frames = [made.eth(made.ip4(made.udp(b"abc", 53, 9), 17)), made.eth(made.ip6(made.udp(b"abc", 1, 2, made.A6, made.B6), 17), 0x86dd)]
        made.capture(pathlib.Path(path), frames)
        pathlib.Path(filter_file).write_text("udp")
        for args, words in ((("-F", filter_file, "tcp"), b"not from both"), (("-w", "/dev/null", "--explain"), b"one of both"),
                            (("-w", "/dev/null", "--json"), b"one of both"), (("--json", "--ladder=svg"), b"one of both"),
                            (("--flows-max", "5"), b"goes with"), (("--flows", "--ladder-max", "5"), b"goes with"),
                            (("-i", "lo"), b"one of them"), (("--lab=x",), b"one of them")):
            got = dump(inlet, path, *args)
            check(got.returncode == 2 and words in got.stderr and not got.stdout, f"{args}: {got}")
        got = call(inlet, "dump", "--lab=nosuch", "-d")
        check(got.returncode == 2 and b"has none of its own" in got.stderr, f"{got}")
        for args, words in ((("-4",), [b"IP"]), (("-6",), [b"IP6"]), (("-4", "-6"), [b"IP", b"IP6"]), (("-6", "port", "53"), []),
                            (("-4", "port", "53", "or", "port", "2"), [b"IP"]), (("-F", filter_file), [b"IP", b"IP6"])):
            found = [line.split()[0] for line in dump(inlet, path, "-nnt", *args).stdout.splitlines()]
            check(found == words, f"{args}: {found}")
        whole = bytearray(pathlib.Path(path).read_bytes())
        whole[24:28] = (86400 * 19001 + 3661).to_bytes(4, "little")
        pathlib.Path(path).write_bytes(whole)
        line = dump(inlet, path, "-nn", "-c1").stdout
        check(line.startswith(b"01:01:01."), f"{line}")


# ---- beside tcpdump ----

FLAGS = ("-nn", "-nn -v", "-nn -vv", "-nn -vvv -e", "-nn -q -e", "-n -q -v", "-nn -S -v", "-nn -K -v")
FORMS = ("-nn -x", "-nn -xx", "-nn -X", "-nn -XX -e", "-nn -A", "-nn -AA", "-n -#", "-n -t", "-n -tttt",
         "-n -ttt", "-n -ttttt", "-n")

# What tcpdump prints, and what we print instead: docs/dump.md has the reasons.
OURS = (
    (re.compile(rb"uto 0x([0-9a-f]+) \d+"), rb"uto 0x\1"),
    (re.compile(rb"(shared secret not supplied with -M|snaplen too short), "), rb""),
    (re.compile(rb"(UDP \(17\), length.*\n    .*: )\[bad udp cksum 0x.... -> 0x....!\] "), rb"\1"),
)


# Protocols that we do not decode, or not to their end: docs/dump.md lists them. Such records are not compared.
LISTED = re.compile(rb"igmp (dvmrp|pimv1)|> 224\.0\.0\.22:  \[(invalid len|\|)|mtrace|router renumbering|node information|RPL|egp|mptcp 24 capable\[bad opt\]|\[ (\d+[,\]]|\[)|Type(5\d|6[0-3]|10[4-9])|UNSPECA")


def packets(text):
    """The records: a time in seconds begins each."""
    return re.split(rb"\n(?=\d{10}\.)", text)


def same(inlet, path, flags, times="-tt"):
    """Equal lines but for what is listed."""
    args = [*flags.split(), *([times] if times else [])]
    theirs = call("tcpdump", "-r", str(path), *args)
    ours = dump(inlet, path, *args)
    check(theirs.returncode == 0 and ours.returncode == 0, f"{flags}: {theirs} {ours}")
    a, b = theirs.stdout, ours.stdout
    for pattern, instead in OURS if a != b else ():
        a, b = pattern.sub(instead, a), pattern.sub(instead, b)
    if a == b:
        return
    for x, y in zip(packets(a), packets(b)):
        check(x == y or LISTED.search(x), f"{path.name} {flags}:\ntcpdump: {x}\ninlet:   {y}")
    check(len(packets(a)) == len(packets(b)), f"{path.name} {flags}: not as many lines")


def lines(inlet, *kinds):
    """Each protocol, whole and cut off at many places, with flags that change what is told."""
    harness.need("tcpdump")
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        for kind in kinds:
            frames = made.KINDS[kind]()
            path = pathlib.Path(folder) / kind
            made.capture(path, frames)
            for flags in FLAGS:
                same(inlet, path, flags)
            made.capture(path, made.cut(frames))
            for flags in ("-nn -x", "-nn -v -X", "-nn -S -vvv", "-n -vv -e -A"):
                same(inlet, path, flags)


def scapy(inlet):
    """What scapy makes of every protocol, whole and cut off at some places each."""
    (python,) = harness.need("python3")
    harness.need("tcpdump")
    if call(python, "-c", "import scapy").returncode != 0 and not os.environ.get("CI"):
        print("skipped: python3-scapy is missing")
        sys.exit(77)
    chance = random.Random(11)
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        folder = pathlib.Path(folder)
        done = call(python, str(pathlib.Path(__file__).parent / "dump_scapy.py"), str(folder))
        check(done.returncode == 0, f"scapy: {done.stderr.decode()}")
        kinds = sorted(folder.iterdir())
        check(len(kinds) == 14, f"{kinds}")
        for path in kinds:
            for flags in ("-nn", "-nn -v", "-nn -vvv -e", "-n -q -X", "-nn -S -vv -A"):
                same(inlet, path, flags)
            frames = made.read(path)
            made.capture(path, [(f[:n], len(f)) for f in frames for n in sorted(chance.sample(range(14, len(f)), min(4, len(f) - 14)))])
            for flags in ("-nn -vvv", "-nn -x"):
                same(inlet, path, flags)


def options(inlet):
    """Options and records of every kind and length, whole and cut off in them."""
    harness.need("tcpdump")
    chance = random.Random(9)
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        for kind, frames in every.OPTIONS.items():
            path = pathlib.Path(folder) / kind
            frames = frames()
            made.capture(path, frames)
            for flags in ("-nn", "-nn -vvv"):
                same(inlet, path, flags)
            made.capture(path, [(f[:chance.randrange(max(min(34, len(f) - 1), len(f) - 40), len(f))], len(f)) for f in frames])
            same(inlet, path, "-nn -vvv")


def everywhere(inlet):
    """`-i any`: what all interfaces carry, each with its name and its way, in the lines that tcpdump has for it."""
    tcpdump, _ = harness.need("tcpdump", "ping")
    nets.chain(0)
    nets.setting("h1", **{"net.ipv4.neigh.n1.delay_first_probe_time": "3600"})  # one pair of ARP packets, no more
    some = ["-i", "any", "--immediate-mode", "-s", "2000", "-c", "8", "arp or icmp or (icmp6 and (ip6[40] == 128 or ip6[40] == 129))"]
    ways = (["-nnt"], ["-nnt", "-e", "-vv"], ["-nnt", "-q", "-XX"], ["-w", "-"])
    started = []
    try:
        for program in ([tcpdump, "-Z", "root"], [inlet, "dump"]):
            for way in ways:
                started.append(nets.start("h1", *program, *way, *some))
                while "listening on any" not in (line := started[-1].stderr.readline()):
                    check(line != "", f"does not listen: {started[-1].args}")
        for host, address in (("h2", "10.0.1.1"), ("h2", "fd01::1"), ("h1", "127.0.0.1")):
            check(nets.on(host, "ping", "-n", "-c", "1", address).returncode == 0, f"no answer of {address}")
        a, b = ([p.stdout.buffer.read() for p in side] for side in (started[:len(ways)], started[len(ways):]))  # what -w writes is no text
        check(all(p.wait(timeout=harness.LIMIT_S) == 0 for p in started), f"{[p.stderr.read() for p in started]}")
    finally:
        for process in started:
            process.kill()
    check(a[0].count(b"n1    In ") == a[0].count(b"lo    In ") == 2 and a[0].count(b"n1    Out ") == 3 and b"n1    B " in a[0], f"{a[0]}")
    for way, x, y in zip(ways[:-1], a, b):
        check(x == y, f"{way}:\n{x.decode()}\n{y.decode()}")
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        for name, data in (("theirs", a[-1]), ("ours", b[-1])):
            path = pathlib.Path(folder) / name
            path.write_bytes(data)
            for flags in ("-nn -e", "-nn -XX -v"):
                same(inlet, path, flags, times=None)
            check(dump(inlet, path, "-nnt", "-v").stdout.count(b" In ") == 4, f"{name}: {data}")


def links(inlet):
    """Cooked captures, loopbacks and raw IP, with what each protocol looks like in them."""
    harness.need("tcpdump")
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        for name in ("SLL", "SLL2", "NULL", "LOOP", "RAW", "IPV4", "IPV6"):
            link = getattr(made, name)
            path = pathlib.Path(folder) / name
            made.capture(path, made.relinked([f for kind in made.KINDS.values() for f in kind()], link), link)
            for flags in ("-nn", "-nn -q", "-nn -e -v", "-nn -q -e", "-nn -x", "-nn -XX -e", "-n -A"):
                same(inlet, path, flags)


def forms(inlet):
    """Times, and bytes in hexadecimal and ASCII."""
    harness.need("tcpdump")
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        path = pathlib.Path(folder) / "forms"
        made.capture(path, made.udp_frames() + made.icmp_frames()[:40])
        for flags in FORMS:
            same(inlet, path, flags, "" if "-t" in flags or flags == "-n" else "-tt")


def sums(inlet):
    """Every checksum that is wrong is told, with the right one."""
    frames = [made.eth(made.ip4(made.udp(b"abc", 1, 2), 17, bad=1)), made.eth(made.ip4(made.udp(b"abc", 1, 2, bad=1), 17)),
              made.eth(made.ip4(made.tcp(bad=1), 6)), made.eth(made.ip4(made.icmp(8, 0, b"abcd", bad=1), 1)),
              made.eth(made.ip6(made.icmp6(128, 0, b"abcd", bad=1), 58), 0x86dd),
              made.eth(made.ip6(made.udp(b"abc", 1, 2, made.A6, made.B6, bad=1), 17), 0x86dd),
              made.eth(made.ip4(b"\x16\0\x12\x34" + bytes(4), 2))]
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        path = pathlib.Path(folder) / "sums"
        made.capture(path, frames)
        told = packets(dump(inlet, path, "-nnttv").stdout)
        for record, word in zip(told, (rb"bad cksum \S+ \(->\w+\)!", rb"bad udp cksum 0x.... -> 0x....!", rb"incorrect -> 0x....", rb"wrong icmp cksum \w+ \(->\w+\)!",
                                       rb"bad icmp6 cksum 0x.... -> 0x....!", rb"bad udp cksum 0x.... -> 0x....!", rb"bad igmp cksum 1234!")):
            check(re.search(word, record), f"{word} is not in {record}")


if __name__ == "__main__":
    harness.main({case.__name__: case for case in (damage, everywhere, files, forms, lies, lines, links, live, mistakes, names, options, scapy, statuses, stops, sums, windump)})
