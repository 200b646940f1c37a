#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""flows - what `inlet dump` says of whole connections, and of a lab: --flows, --ladder, --explain, --lab

usage: flows.py INLET CASE

Captures are made here, packet by packet, so that what happened in them is known.
"""

import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import harness
import schema
from harness import check

CLIENT, SERVER = ("10.0.0.1", 41000), ("10.0.0.2", 80)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MSS = b"\x02\x04\x05\xb4"
SCALE = b"\x01\x03\x03\x07"
SACK_OK = b"\x01\x01\x04\x02"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip4(source, target, protocol, payload, ecn=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, ecn, 20 + len(payload), 1, 0x4000, 64, protocol, 0,
                       socket.inet_aton(source[0]), socket.inet_aton(target[0]))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def with_sum(source, target, protocol, segment, at):
    pseudo = (socket.inet_aton(source[0]) + socket.inet_aton(target[0]) +
              struct.pack("!BBH", 0, protocol, len(segment)))
    return segment[:at] + struct.pack("!H", checksum(pseudo + segment)) + segment[at + 2:]


def tcp(source, target, flags, seq, ack=0, data=b"", window=1000, options=b"", ecn=0):
    segment = struct.pack("!HHIIBBHHH", source[1], target[1], seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                          (20 + len(options)) // 4 << 4, flags, window, 0, 0) + options + data
    return ip4(source, target, 6, with_sum(source, target, 6, segment, 16), ecn)


def udp(source, target, data):
    segment = struct.pack("!HHHH", source[1], target[1], 8 + len(data), 0) + data
    return ip4(source, target, 17, with_sum(source, target, 17, segment, 6))


class Talk:
    """A connection, seen at one place: the times are milliseconds."""

    def __init__(self, isn=(0xFFFFFF00, 7000), client=CLIENT):
        self.packets = []
        self.isn = isn
        self.ends = (client, SERVER)

    def send(self, ms, side, flags, seq, ack, data=b"", **more):
        self.packets.append((ms, tcp(self.ends[side], self.ends[1 - side], flags,
                                     self.isn[side] + seq, self.isn[1 - side] + ack, data, **more)))

    def open(self, ms=0):
        self.send(ms, 0, SYN, 0, -self.isn[1], options=MSS + SCALE + SACK_OK)
        self.send(ms + 20, 1, SYN | ACK, 0, 1, options=MSS + SCALE + SACK_OK)
        self.send(ms + 25, 0, ACK, 1, 1)
        return self


def capture(packets):
    """A file of raw IP packets [(ms, bytes)]."""
    folder = tempfile.TemporaryDirectory(prefix="inlet-test.")
    path = pathlib.Path(folder.name) / "x.pcap"
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
    for ms, packet in packets:
        data += struct.pack("<IIII", 1700000000 + int(ms) // 1000, int(ms * 1000) % 1000000,
                            len(packet), len(packet)) + packet
    path.write_bytes(data)
    KEPT.append(folder)
    return str(path)


KEPT = []


def dump(inlet, packets, *args):
    done = subprocess.run([inlet, "dump", "-r", capture(packets), *args], capture_output=True,
                          text=True, timeout=harness.LIMIT_S)
    check(done.returncode == 0, f"{args}: status {done.returncode}, {done.stderr}")
    return done.stdout


def flows_of(inlet, packets, *args):
    lines = schema.validate("dump", dump(inlet, packets, "--flows", "--ladder", "--json", *args))
    flows = [line for line in lines if line["type"] == "flow"]
    marks = {line["number"]: line["marks"] for line in lines if line["type"] == "segment"}
    return flows, marks


def expect_marks(found, wanted, count):
    """@wanted: {number of packet: marks}; all others have none."""
    for number in range(1, count + 1):
        check(found[number] == wanted.get(number, []),
              f"packet {number} is {found[number]}, expected {wanted.get(number, [])}")


def life(inlet):
    """Opening, data over the wrap of sequence numbers, close: times, bytes, who was first."""
    t = Talk().open()
    t.send(30, 0, ACK | PSH, 1, 1, b"x" * 500)
    t.send(70, 1, ACK, 1, 501)
    t.send(71, 1, ACK | PSH, 1, 501, b"y" * 1000)
    t.send(76, 0, ACK, 501, 1001)
    t.send(80, 0, FIN | ACK, 501, 1001)
    t.send(110, 1, FIN | ACK, 1001, 502)
    t.send(115, 0, ACK, 502, 1002)
    (flow,), marks = flows_of(inlet, t.packets)
    expect_marks(marks, {}, len(t.packets))
    check(flow["state"] == "closed" and flow["closer"] == "client", f"{flow}")
    check(flow["client"]["end"] == "10.0.0.1.41000" and flow["server"]["bytes"] == 1000, f"{flow}")
    shake = flow["handshake"]
    check(shake["server_ms"] == 20 and shake["client_ms"] == 5, f"{shake}")
    check(shake["sack"] and shake["window_scale"] and not shake["timestamps"], f"{shake}")
    check(flow["server"]["rtt"] == {"count": 3, "min_ms": 20.0, "mean_ms": 30.0, "max_ms": 40.0},
          f"{flow['server']['rtt']}")
    check(flow["client"]["rtt"]["count"] == 3 and flow["client"]["rtt"]["max_ms"] == 5, f"{flow}")
    check(abs(flow["duration_s"] - 0.115) < 1e-6, f"{flow}")


def losses(inlet):
    """A hole filled on request, one filled by time, a late segment, and a needless copy."""
    t = Talk().open()
    for i in (0, 2, 3, 4):                                       # 4..7; the second is missing
        t.send(30 + i / 10, 0, ACK, 1 + 100 * i, 1, b"x" * 100)
    t.send(50, 1, ACK, 1, 101)                                   # 8
    for i in range(3):                                           # 9..11
        t.send(50 + i / 10, 1, ACK, 1, 101)
    t.send(55, 0, ACK, 101, 1, b"x" * 100)                       # 12: fast retransmission
    t.send(75, 1, ACK, 1, 501)                                   # 13
    t.send(80, 0, ACK, 601, 1, b"x" * 100)                       # 14: 15 overtakes nobody, is late
    t.send(80.5, 0, ACK, 501, 1, b"x" * 100)                     # 15
    t.send(100, 1, ACK, 1, 701)                                  # 16
    t.send(101, 0, ACK, 701, 1, b"x" * 100)                      # 17
    t.send(301, 0, ACK, 701, 1, b"x" * 100)                      # 18: by time
    t.send(321, 1, ACK, 1, 801)                                  # 19
    t.send(330, 0, ACK, 701, 1, b"x" * 100)                      # 20: it was acknowledged
    t.send(350, 1, ACK, 1, 801)                                  # 21
    t.send(360, 0, ACK, 901, 1, b"x" * 100)                      # 22: 801 is missing
    t.send(560, 0, ACK, 801, 1, b"x" * 100)                      # 23: and comes after a timeout
    (flow,), marks = flows_of(inlet, t.packets)
    expect_marks(marks, {5: ["gap"], 9: ["duplicate_ack"], 10: ["duplicate_ack"],
                         11: ["duplicate_ack"], 12: ["retransmission"], 14: ["gap"],
                         15: ["out_of_order"], 18: ["retransmission"],
                         20: ["retransmission", "needless"], 22: ["gap"],
                         23: ["retransmission"]}, len(t.packets))
    check(flow["client"]["marks"]["retransmission"] == 4, f"{flow['client']}")
    karn = Talk().open()
    karn.send(30, 0, ACK, 1, 1, b"x")
    karn.send(230, 0, ACK, 1, 1, b"x")
    karn.send(255, 1, ACK, 1, 2)
    (once,), _ = flows_of(inlet, karn.packets)
    check(once["server"]["rtt"]["count"] == 1, f"what went out twice gives no sample: {once}")
    check(flow["state"] == "open" and flow["closer"] is None, f"{flow}")


def windows(inlet):
    """Zero window, probe, update, full window, keep-alive."""
    t = Talk().open()
    t.send(30, 0, ACK, 1, 1, b"x" * 100, window=8)
    t.send(50, 1, ACK, 1, 101, window=0)                         # 5
    t.send(250, 0, ACK, 101, 1, b"x", window=8)                  # 6
    t.send(270, 1, ACK, 1, 101, window=0)                        # 7
    t.send(300, 1, ACK, 1, 101, window=2)                        # 8: 256 bytes
    t.send(305, 0, ACK, 101, 1, b"x" * 256, window=8)            # 9
    t.send(330, 1, ACK, 1, 357, window=10)                       # 10
    t.send(9000, 0, ACK, 356, 1, window=8)                       # 11: no byte, one before
    t.send(9001, 0, ACK, 356, 1, b"x", window=8)                 # 12
    (_,), marks = flows_of(inlet, t.packets)
    check(marks[5] == ["zero_window"] and marks[6] == ["zero_window_probe"], f"{marks}")
    check("zero_window" in marks[7] and marks[8] == ["window_update"], f"{marks}")
    check(marks[9] == ["window_full"], f"{marks}")
    check(marks[12] == ["keep_alive"], f"{marks}")


def sacks(inlet):
    """SACK, D-SACK, congestion marks, ACKs of what was not captured, a wrong checksum."""
    t = Talk().open()
    block = lambda left, right: b"\x01\x01\x05\x0a" + struct.pack(
        "!II", (t.isn[0] + left) & 0xFFFFFFFF, (t.isn[0] + right) & 0xFFFFFFFF)
    t.send(30, 0, ACK, 101, 1, b"x" * 100, ecn=3)                # 4
    t.send(50, 1, ACK, 1, 1, options=block(101, 201))            # 5
    t.send(51, 0, ACK, 1, 1, b"x" * 100)                         # 6
    t.send(75, 1, ACK, 1, 201, options=block(1, 101))            # 7
    t.send(80, 1, ACK, 1, 301)                                   # 8
    broken = bytearray(tcp(CLIENT, SERVER, ACK, t.isn[0] + 301, t.isn[1] + 1, b"hello"))
    broken[-1] ^= 1
    t.packets.append((90, bytes(broken)))
    (_,), marks = flows_of(inlet, t.packets)
    check(set(marks[4]) == {"gap", "ce"} and "sack" in marks[5], f"{marks}")
    check("dsack" in marks[7] and "unseen" in marks[8], f"{marks}")
    check("bad_checksum" in marks[9], f"{marks}")
    segment = struct.pack("!HHIIBBHHH", 1, 2, 3, 4, 0x50, ACK, 9, 0, 0)
    six = [struct.pack("!IHBB16s16s", 6 << 28 | ecn << 20, 20, 6, 64, bytes(15) + b"\1", bytes(15) + b"\2") + segment
           for ecn in (0, 3)]
    _, marks = flows_of(inlet, [(i, packet) for i, packet in enumerate(six)])
    check("ce" not in marks[1] and "ce" in marks[2], f"IPv6: {marks}")


def ends(inlet):
    """Refused, reset, silent, half closed; the port used again is another flow."""
    refused = Talk(client=("10.0.0.1", 1001))
    refused.send(0, 0, SYN, 0, -7000)
    refused.send(5, 1, RST | ACK, -7000, 1)
    reset = Talk(client=("10.0.0.1", 1002)).open()
    reset.send(40, 1, RST, 1, 0)
    silent = Talk(client=("10.0.0.1", 1003))
    silent.send(0, 0, SYN, 0, -7000)
    silent.send(1000, 0, SYN, 0, -7000)
    closing = Talk(client=("10.0.0.1", 1004)).open()
    closing.send(40, 1, FIN | ACK, 1, 1)
    again = Talk(isn=(99000, 12345), client=("10.0.0.1", 1002)).open(100)
    packets = sum((t.packets for t in (refused, reset, silent, closing, again)), [])
    flows, marks = flows_of(inlet, packets)
    found = [(flow["client"]["end"].split(".")[-1], flow["state"], flow["closer"])
             for flow in flows]
    check(found == [("1001", "refused", "server"), ("1002", "reset", "server"),
                    ("1003", "silent", None), ("1004", "closing", "server"),
                    ("1002", "open", None)], f"{found}")
    check(marks[8] == ["retransmission"], f"{marks}")


def others(inlet):
    """UDP with DNS; connections that began before the capture; what is no flow."""
    late = Talk(client=("10.0.0.1", 2001)).open().packets[1:]
    check(flows_of(inlet, late)[0][0]["client"]["end"] == "10.0.0.1.2001", "who answers a SYN is the server")
    name = b"\3www\7example\3org\0"
    head = lambda flags, answers: struct.pack("!HHHHHH", 77, flags, 1, answers, 0, 0)
    question = head(0x100, 0) + name + struct.pack("!HH", 1, 1)
    answer = head(0x8180, 1) + name + struct.pack("!HH", 1, 1) + name + struct.pack(
        "!HHIH4s", 1, 1, 60, 4, b"\xc0\0\2\7")
    me, server = ("10.0.0.1", 5000), ("10.0.0.9", 53)
    middle = Talk(client=("10.0.0.1", 2000))
    middle.send(50, 1, ACK, 500, 900, b"x" * 10)
    middle.send(60, 0, ACK, 900, 510)
    packets = [(0, udp(me, server, question)), (12, udp(server, me, answer)), *middle.packets,
               (70, ip4(me, server, 1, b"\x08\0\xf7\xff\0\0\0\0"))]
    lines = schema.validate("dump", dump(inlet, packets, "--flows", "--ladder", "--json"))
    dns = lines[0]
    check(dns["protocol"] == "udp" and dns["dns_answers"] == 1, f"{dns}")
    check(dns["dns_times"]["max_ms"] == 12, f"{dns}")
    reasons = [line["reason"] for line in lines if line["type"] == "segment"]
    check("www.example.org." in reasons[0] and "192.0.2.7" in reasons[1], f"{reasons}")
    check(lines[1]["handshake"] is None and lines[1]["state"] == "open", f"{lines[1]}")
    text = dump(inlet, packets, "--flows")
    check("1 packets are neither TCP nor UDP" in text and "not captured" in text, text)


def bounds(inlet):
    """More flows and segments than are kept: counted, and told."""
    packets = []
    for port in range(2000, 2050):
        packets += Talk(client=("10.0.0.1", port)).open().packets
    text = dump(inlet, packets, "--flows", "--flows-max", "20")
    check("90 packets belong to more flows than the 20" in text, text)
    check(len(re.findall(r"^ +\d+  tcp", text, re.M)) == 20, text)
    holes = Talk().open()
    for i in range(80):
        holes.send(30 + i, 0, ACK, 101 + 200 * i, 1, b"x" * 100)
    (flow,), marks = flows_of(inlet, holes.packets)
    check(all("gap" in marks[n] for n in range(4, 84)) and flow["client"]["marks"]["gap"] == 80, f"{flow} {marks}")
    # of 70 segments under way the newest 64 are remembered: the ACKs of the others give no round trip
    flight = Talk().open()
    for i in range(70):
        flight.send(30, 0, ACK, 1 + i, 1, b"x")
    for i in range(70):
        flight.send(60, 1, ACK, 1, 2 + i)
    (flow,), marks = flows_of(inlet, flight.packets)
    check(flow["server"]["rtt"]["count"] == 1 + 64, f"{flow}")
    text = dump(inlet, packets, "--ladder", "--ladder-max", "4")
    check("2 more packets are not drawn" in text, text)


def drawings(inlet):
    """The ladder in text and SVG, and the explanation of each packet."""
    t = Talk().open()
    t.send(30, 0, ACK | PSH, 1, 1, b"<&>")
    t.send(31, 0, ACK | PSH, 1, 1, b"<&>")
    text = dump(inlet, t.packets, "--ladder")
    lines = text.splitlines()
    check("10.0.0.1.41000" in lines[0] and "10.0.0.2.80" in lines[0], lines[0])
    check(re.match(r"   0\.000000 \|-- S seq 0 win 1000 -+>\|$", lines[1]), lines[1])
    check(re.match(r"   0\.020000 \|<-+ S\. seq 0 ack 1 win 1000 --\|$", lines[2]), lines[2])
    check(lines[5].endswith("|  retransmission"), lines[5])
    check(len({line.rindex("|") for line in lines[1:6]}) == 1, text)
    check("win 128000 " in lines[3], f"a scaled window: {lines[3]}")
    t.packets[1] = (20, tcp(SERVER, CLIENT, SYN | ACK, t.isn[1], t.isn[0] + 1, options=MSS))
    check("win 1000 " in dump(inlet, t.packets, "--ladder").splitlines()[3], "only one offered to scale")
    t = Talk().open()
    t.send(30, 0, ACK | PSH, 1, 1, b"<&>")
    t.send(31, 0, ACK | PSH, 1, 1, b"<&>")
    svg = xml.dom.minidom.parseString(dump(inlet, t.packets, "--ladder=svg"))
    arrows = [line for line in svg.getElementsByTagName("line")
              if "arrow" in line.getAttribute("class")]
    check(len(arrows) == 5 and "again" in arrows[4].getAttribute("class"), "arrows of the SVG")
    text = dump(inlet, t.packets[:1], "--explain")
    for part in ("Source Port", "|A|C|E|U|A|P|R|S|F|", "maximum segment size 1460", "wrong"):
        check((part in text) == (part != "wrong"), f"{part}: {text}")
    (line,) = schema.validate("dump", dump(inlet, t.packets[:1], "--explain", "--json"))
    check([layer["name"] for layer in line["layers"]] == ["IPv4", "TCP"], f"{line}")
    check("\033" not in text, text)


LOSSY = """
[lab]
seed = 7
[host client]
net0 = 10.0.0.1/24
[host server]
net0 = 10.0.0.2/24
[link net0]
delay = 10ms
loss = 3%
"""


# Causes of segments that were sent before (include/inlet/cause.h).
SENT_AGAIN = re.compile("retransmi|last segment again|SYN-?A?C?K?, timer expired|SYN came again")


def lab(inlet):
    """A lab knows why each segment was sent: what is found in its capture is just that."""
    python, curl = harness.need("python3", "curl")
    with harness.Lab(inlet, LOSSY) as net:
        (net.dir / "big").write_bytes(b"x" * 400000)
        path = net.dir / "x.pcapng"
        net.start("server", python, "-m", "http.server", "8000", "--directory", str(net.dir))
        net.wait_listening(8000)
        done = net.command("run", "--host", "client", "--write", str(path), "--", curl, "-s", "-o",
                           str(net.dir / "out"), "http://10.0.0.2:8000/big")
        check(done.returncode == 0, done.stderr)
        output = net.command("dump", "-r", str(path), "--flows", "--ladder", "--json", "tcp").stdout
    lines = schema.validate("dump", output)
    again = 0
    for line in lines:
        if line["type"] == "segment":
            found = "retransmission" in line["marks"]
            check(found == bool(SENT_AGAIN.search(line["reason"])), f"{line}")
            again += found
    check(again >= 3 and lines[0]["server"]["marks"]["retransmission"] == again, f"{lines[0]}")
    check(lines[0]["server"]["bytes"] >= 400000, f"{lines[0]}")


def objects(inlet):
    """--json: a line for each packet, with its layers and what is wrong about them."""
    t = Talk().open()
    t.send(30, 0, ACK | PSH, 1, 1, b"hello")
    broken = bytearray(t.packets[3][1])
    broken[-1] ^= 1
    found = schema.validate("dump", dump(inlet, [*t.packets, (31, bytes(broken)), (32, b"\x45\0")],
                                         "--json", "-nn"))
    check([line["type"] for line in found] == ["packet"] * 6, f"{found}")
    check([layer["name"] for layer in found[3]["layers"]] == ["IPv4", "TCP", "payload"], f"{found[3]}")
    check(found[3]["layers"][1]["checksum"] == "right" and found[3]["reason"] is None, f"{found[3]}")
    bad = found[4]["layers"][1]
    check(bad["checksum"] == "wrong" and 0 <= bad["expected"] <= 65535, f"{bad}")
    check((found[0]["source"], found[0]["destination_port"]) == ("10.0.0.1", 80), f"{found[0]}")
    for args, count in ((("-4",), 6), (("-6",), 0), (("-4", "-6"), 6), (("-4", "tcp[tcpflags] = tcp-syn"), 1)):
        text = dump(inlet, [*t.packets, (31, bytes(broken)), (32, b"\x45\0")], "-nn", *args)
        check(len(text.splitlines()) == count, f"{args}: {text}")
    check("Flags [S]" in found[0]["text"] and abs(found[1]["time"] - 1700000000.02) < 1e-6, f"{found}")
    check(any(layer["cut"] for layer in found[5]["layers"]) or not found[5]["layers"], f"{found[5]}")


def watched(inlet):
    """A running lab: cause, PID and program of each packet; one host; JSON; the end by Ctrl-C."""
    python, curl = harness.need("python3", "curl")
    with harness.Lab(inlet) as net:
        net.start("server", python, "-m", "http.server", "8000", "--directory",
                  str(net.dir))
        net.wait_listening(8000)
        watchers = [subprocess.Popen([inlet, "dump", *args, "tcp"], env=net.env, text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                    for args in (("--lab", "-nn", "-c", "7"), ("--host", "client", "--json", "-c", "7"),
                                 ("--lab", "--flows"))]
        for watcher in watchers:
            check("listening" in watcher.stderr.readline(), "dump --lab does not begin")
        done = net.run("client", curl, "-s", "-o", str(net.dir / "out"), "http://10.0.0.2:8000/")
        check(done.returncode == 0, done.stderr)
        lines = watchers[0].communicate(timeout=harness.LIMIT_S)[0].splitlines()
        found = schema.validate("dump", watchers[1].communicate(timeout=harness.LIMIT_S)[0])
        net.wait("the end of the connection", lambda: "ESTABLISHED" not in net.netstat("-t"))
        watchers[2].send_signal(signal.SIGINT)
        table = watchers[2].communicate(timeout=harness.LIMIT_S)[0]
        check(watchers[2].returncode == 0 and ".8000 " in table, f"{table}")
        echo = subprocess.Popen([inlet, "dump", "--lab", "-nn", "-c", "4", "icmp"],
                                env=net.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        check("listening" in echo.stderr.readline(), "dump --lab does not begin")
        done = net.run("client", inlet, "ping", "-c", "2", "-i", "0.1", "10.0.0.2")
        check(done.returncode == 0, f"{done}")
        echoes = echo.communicate(timeout=harness.LIMIT_S)[0].splitlines()
        wrong = net.command("dump", "--host", "nobody")
        check(wrong.returncode == 1 and "no host nobody" in wrong.stderr, f"{wrong}")
    check(re.search(r" client +IP .* Flags \[S\],.*  <- handshake: the application connects", lines[0]),
          lines[0])
    check("Flags [S.]" in lines[1], lines[1])
    for line in lines:
        whose = r"  \[\d+/curl\]$" if " client " in line else r"  \[\d+/python3[^]]*\]$"
        check(re.search(whose, line), f"whose it is: {line}")
    check(found[0]["reason"].startswith("client: handshake"), f"{found[0]}")
    check(found[0]["owner"].endswith("/curl") and found[1]["owner"].endswith("/python3"), f"{found[:2]}")
    check([bool(re.search(r"echo request.*\[\d+/inlet\]$", line)) for line in echoes] == [True, False, True, False], f"{echoes}")
    nothing = subprocess.run([inlet, "dump", "--lab"], env=net.env, capture_output=True, text=True)
    check(nothing.returncode == 1 and "no lab runs" in nothing.stderr, f"{nothing}")


harness.main({case.__name__: case for case in (
    life, losses, windows, sacks, ends, others, bounds, drawings, lab,
    objects, watched)})
