#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""groups - programs that send to multicast groups, and listen to them, on two hosts of a lab

usage: groups.py INLET CASE

The programs are Python's socket module, with the calls of Linux; nobody has told them of inlet.
"""

import json

import harness
from harness import Lab, check, need

# Listens, says "ready", and prints who said what.
LISTEN = """
import socket, struct, sys
six, how = sys.argv[1] == "6", sys.argv[2]
group = "ff15::5" if six else "239.5.5.5"
wanted = "fd00::1" if six else "10.0.0.1"
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5005))
def packed(host):
    return socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, host)
def storage(host):
    if six:
        b = struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, packed(host), 0)
    else:
        b = struct.pack("=HH4s", socket.AF_INET, 0, packed(host))
    return b.ljust(128, b"\\0")
level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
if how == "join":       # the oldest calls
    if six:
        s.setsockopt(level, socket.IPV6_JOIN_GROUP, packed(group) + struct.pack("=i", 0))
    else:
        s.setsockopt(level, socket.IP_ADD_MEMBERSHIP, packed(group) + packed("10.0.0.2"))
elif how == "source":   # MCAST_JOIN_SOURCE_GROUP
    s.setsockopt(level, 46, struct.pack("=II", 1, 0) + storage(group) + storage(wanted))
elif how == "block":    # MCAST_JOIN_GROUP, then MCAST_MSFILTER: all but one
    s.setsockopt(level, 42, struct.pack("=II", 0, 0) + storage(group))
    s.setsockopt(level, 48, struct.pack("=II", 1, 0) + storage(group) +
                 struct.pack("=II", 0, 1) + storage("fd00::3" if six else "10.0.0.3"))
print("ready", flush=True)
while True:
    data, peer = s.recvfrom(2000)
    print(peer[0], data.decode(), flush=True)
    if data == b"end":
        break
for i in range(2):      # leaving: once, not twice
    try:
        if how == "source":
            s.setsockopt(level, 47, struct.pack("=II", 0, 0) + storage(group) + storage(wanted))
        else:
            s.setsockopt(level, 45, struct.pack("=II", 0, 0) + storage(group))
        print("left", flush=True)
    except OSError as e:
        print(e.strerror, flush=True)
"""

# Sends its words to the group, and with "loop" hears them itself.
SEND = """
import socket, struct, sys
six, loop, words = sys.argv[1] == "6", sys.argv[2] == "loop", sys.argv[3:]
group = "ff15::5" if six else "239.5.5.5"
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 0 if not loop else 5005))
if six:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 3)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, 1)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, loop)
    assert s.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF) == 1
    if loop:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                     socket.inet_pton(socket.AF_INET6, group) + struct.pack("=i", 1))
else:
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 3)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, loop)
    if loop:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     socket.inet_aton(group) + socket.inet_aton("0.0.0.0"))
for word in words:
    s.sendto(word.encode(), (group, 5005))
if loop:
    print("heard", s.recv(2000).decode())
"""

# What IP_PKTINFO says of datagrams for one, for all and for a group; with the same an answer goes back.
ANSWER = """
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5006))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.5.5.5") + socket.inet_aton("10.0.0.2"))
s.setsockopt(socket.IPPROTO_IP, 8, 1)
print("ready", flush=True)
for i in range(4):
    data, control, _, peer = s.recvmsg(100, 200)
    ((_, _, info),) = control
    link, spec, dst = struct.unpack("=i4s4s", info)
    print(link, socket.inet_ntoa(spec), socket.inet_ntoa(dst), flush=True)
    s.sendmsg([b"answer"], control, 0, peer)
"""

ASK = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.bind(("10.0.0.1", 0))
for to in "10.0.0.2", "239.5.5.5", "10.0.0.255", "255.255.255.255":
    s.sendto(b"question", (to, 5006))
    print(*s.recvfrom(100)[1][:1], flush=True)
"""

THREE_HOSTS = """
[lab]
seed = 7
[host one]
net0 = 10.0.0.1/24, fd00::1/64
[host two]
net0 = 10.0.0.2/24, fd00::2/64
[host three]
net0 = 10.0.0.3/24, fd00::3/64
[link net0]
delay = 1ms
"""


def send(lab, host, six, loop, *words):
    done = lab.run(host, "python3", "-c", SEND, "6" if six else "4", "loop" if loop else "mute",
                   *words)
    check(done.returncode == 0, done.stderr)
    return done.stdout.strip()


def listen(lab, six, how):
    program = lab.start("two", "python3", "-c", LISTEN, "6" if six else "4", how)
    line = program.stdout.readline().strip()
    check(line == "ready", f"listener: {line} {program.stderr.read() if not line else ''}")
    return program


def addresses(six):
    return ("fd00::1", "fd00::3") if six else ("10.0.0.1", "10.0.0.3")


def check_listed(lab, six, how):
    """The group stands in netstat's lists, with the filter that the program has set."""
    rows = [json.loads(line) for line in lab.netstat("-g", "--json").splitlines()]
    here = [r for r in rows if r["host"] == "two" and r["link"] == "net0" and
            r["group"] == ("ff15::5" if six else "239.5.5.5")]
    one, three = addresses(six)
    mode, sources = {"join": ("EXCLUDE", []), "source": ("INCLUDE", [one]),
                     "block": ("EXCLUDE", [three])}[how]
    check([(r["sockets"], r["mode"], r["sources"]) for r in here if r["type"] == "group"] ==
          [(1, mode, len(sources))], f"{here}")
    check([(r["mode"], r["count"], r["sources"]) for r in here if r["type"] == "member"] ==
          [(mode, len(sources), sources)], f"{here}")
    lines = [line.split() for line in lab.netstat("-g", "--host", "two").splitlines()]
    mine = [words for words in lines if here[0]["group"] in words]
    check([words[4] for words in mine] == [mode] * 2, f"{lines}")
    check(mine[1][5:] == sources and "python3" in mine[1][3], f"{mine}")


def talk(inlet, how, expect):
    need("python3")
    with Lab(inlet, THREE_HOSTS) as lab:
        for six in False, True:
            one, three = addresses(six)
            program = listen(lab, six, how)
            check_listed(lab, six, how)
            send(lab, "three", six, False, "third")
            send(lab, "one", six, False, "first", "end")
            out, err = program.communicate(timeout=30)
            want = [line.format(one=one, three=three) for line in expect]
            check(out.splitlines() == want, f"{out} {err}")


def join(inlet):
    talk(inlet, "join", ["{three} third", "{one} first", "{one} end", "left",
                         "Cannot assign requested address"])


def source(inlet):
    talk(inlet, "source", ["{one} first", "{one} end", "left",
                           "Cannot assign requested address"])


def block(inlet):
    talk(inlet, "block", ["{one} first", "{one} end", "left",
                          "Cannot assign requested address"])


def loop(inlet):
    need("python3")
    with Lab(inlet, THREE_HOSTS) as lab:
        for six in False, True:
            check(send(lab, "one", six, True, "self") == "heard self", "not heard")


def answer(inlet):
    """IP_PKTINFO names the address for an answer, which no group and no broadcast address can be."""
    (python,) = need("python3")
    with Lab(inlet, THREE_HOSTS) as lab:
        program = lab.start("two", python, "-c", ANSWER)
        check(program.stdout.readline() == "ready\n", "not ready")
        done = lab.run("one", python, "-c", ASK)
        check(done.stdout.split() == 4 * ["10.0.0.2"], f"{done}")
        said = program.communicate(timeout=harness.LIMIT_S)[0].splitlines()
        check(said == [f"1 10.0.0.2 {to}" for to in ("10.0.0.2", "239.5.5.5", "10.0.0.255", "255.255.255.255")], f"{said}")


if __name__ == "__main__":
    harness.main({"join": join, "source": source, "block": block, "loop": loop, "answer": answer})
