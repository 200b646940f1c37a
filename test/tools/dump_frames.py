# SPDX-License-Identifier: BSD-2-Clause
"""dump_frames - packets of every protocol that `inlet dump` knows, and damaged ones

Made from bytes here, so that each field can be wrong on purpose. frames(kind) gives lists of
frames; capture() writes them as a file.
"""

import ipaddress
import random
import struct

ETHERNET, NULL, RAW, LOOP, SLL, IPV4, IPV6, SLL2 = 1, 0, 101, 108, 113, 228, 229, 276
MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
A4, B4 = "192.0.2.1", "198.51.100.7"
A6, B6 = "2001:db8::1", "2001:db8:0:1::abcd"


def ip(text):
    return ipaddress.ip_address(text).packed


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def put(data, at, value):
    return data[:at] + struct.pack("!H", value) + data[at + 2:]


def eth(payload, kind=0x0800, tags=()):
    head = MAC_B + MAC_A
    for tpid, tci in tags:
        head += struct.pack("!HH", tpid, tci)
    return head + struct.pack("!H", kind) + payload


def ip4(payload, proto, src=A4, dst=B4, options=b"", tos=0, ttl=64, ident=4711, frag=0, total=None,
        bad=0):
    hlen = 20 + len(options)
    total = hlen + len(payload) if total is None else total
    head = struct.pack("!BBHHHBBH", 0x40 | hlen // 4, tos, total, ident, frag, ttl, proto, 0) \
        + ip(src) + ip(dst) + options
    return put(head, 10, checksum(head) ^ bad) + payload


def ip6(payload, proto, src=A6, dst=B6, flow=0, hlim=64, length=None):
    length = len(payload) if length is None else length
    return struct.pack("!IHBB", 0x60000000 | flow, length, proto, hlim) + ip(src) + ip(dst) \
        + payload


def pseudo(src, dst, proto, length):
    a, b = ip(src), ip(dst)
    return a + b + (struct.pack("!BBH", 0, proto, length) if len(a) == 4
                    else struct.pack("!II", length, proto))


def summed(data, at, src, dst, proto, bad=0):
    """The message with its checksum at byte @at."""
    value = checksum((pseudo(src, dst, proto, len(data)) if src else b"") + data)
    return put(data, at, value ^ bad)


def udp(payload, sport, dport, src=A4, dst=B4, bad=0, length=None):
    data = struct.pack("!HHHH", sport, dport, 8 + len(payload) if length is None else length, 0) \
        + payload
    return summed(data, 6, src, dst, 17, bad)


def tcp(payload=b"", sport=40000, dport=5001, seq=1000, ack=0, flags=2, win=65535, options=b"",
        src=A4, dst=B4, bad=0, off=None, urg=0):
    off = 5 + len(options) // 4 if off is None else off
    data = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, off << 4 | flags >> 8, flags & 255,
                       win, 0, urg) + options + payload
    return summed(data, 16, src, dst, 6, bad)


def icmp(kind, code, rest, bad=0):
    return summed(struct.pack("!BBH", kind, code, 0) + rest, 2, None, None, 0, bad)


def icmp6(kind, code, rest, src=A6, dst=B6, bad=0):
    return summed(struct.pack("!BBH", kind, code, 0) + rest, 2, src, dst, 58, bad)


def name(text):
    return b"".join(bytes([len(x)]) + x.encode() for x in text.split(".") if x) + b"\0"


def question(text, kind=1, cls=1):
    return name(text) + struct.pack("!HH", kind, cls)


def record(text, kind, data, cls=1, ttl=3600):
    head = text if isinstance(text, bytes) else name(text)
    return head + struct.pack("!HHIH", kind, cls, ttl, len(data)) + data


def dns(ident, flags, questions=(), answers=(), authority=(), additional=()):
    return struct.pack("!HHHHHH", ident, flags, len(questions), len(answers), len(authority),
                       len(additional)) \
        + b"".join([*questions, *answers, *authority, *additional])


# ---- the protocols ----

def link_frames():
    u = ip4(udp(b"hello", 4000, 5000), 17)
    return [eth(u), eth(u, tags=[(0x8100, 5)]), eth(u, tags=[(0x88a8, 0x3064), (0x8100, 0x1005)]),
            eth(ip6(udp(b"x", 1, 2, A6, B6), 17), 0x86dd, tags=[(0x8100, 4095)]),
            eth(u, 0x1234), eth(b"\x01\x02\x03" * 10, 0x88b5), eth(u + b"\0" * 10),
            eth(u, 0x86dd), eth(ip6(b"", 59), 0x0800), eth(b"", 0x0800), eth(b"\x45", 0x0800),
            MAC_B + MAC_A, b"\x01", eth(u[:10]), eth(u, 0x8100)[:15]]


def arp(op, sha, spa, tha, tpa, hrd=1, pro=0x0800, hlen=6, plen=4):
    return eth(struct.pack("!HHBBH", hrd, pro, hlen, plen, op) + sha + spa + tha + tpa, 0x0806)


def arp_frames():
    a, b, none = ip(A4), ip(B4), b"\0" * 6
    return [arp(1, MAC_A, a, none, b), arp(1, MAC_A, a, MAC_B, b), arp(2, MAC_A, a, MAC_B, b),
            arp(1, MAC_A, b"\0" * 4, none, b), arp(1, MAC_A, a, none, a) + b"\0" * 18,
            arp(3, MAC_A, a, MAC_B, b), arp(4, MAC_A, a, MAC_B, b), arp(8, MAC_A, a, MAC_B, b),
            arp(9, MAC_A, a, MAC_B, b), arp(7, MAC_A, a, MAC_B, b),
            arp(1, MAC_A, a, none, b, hrd=6), arp(1, MAC_A, a, none, b, hrd=999)]


def options(*parts):
    data = b"".join(parts)
    return data + b"\0" * (-len(data) % 4)


def ip4_frames():
    u = udp(b"data", 4000, 5000)
    rr = bytes([7, 15, 8]) + ip(A4) + ip(B4) + bytes(4)
    lsrr = bytes([131, 11, 4]) + ip(A4) + ip(B4)
    ssrr = bytes([137, 11, 12]) + ip(A4) + ip(B4)
    ts0 = bytes([68, 12, 9, 0]) + struct.pack("!II", 1000, 2000)
    ts1 = bytes([68, 20, 13, 0x11]) + ip(A4) + struct.pack("!I", 5) + ip(B4) + struct.pack("!I", 6)
    ts3 = bytes([68, 12, 5, 3]) + ip(A4) + bytes(4)
    listed = [ip4(u, 17, options=options(x)) for x in
              (rr, lsrr, ssrr, ts0, ts1, ts3, bytes([148, 4, 0, 0]), bytes([148, 4, 0, 7]),
               bytes([1, 1, 1, 0]), bytes([130, 11]) + bytes(9), bytes([99, 4, 1, 2]),
               bytes([7, 2]), bytes([7, 0]), bytes([7, 60, 4]), bytes([68, 3, 5]), bytes([131, 7, 4, 1, 2, 3, 4, 1]))]
    return [eth(x) for x in [
        ip4(u, 17), ip4(u, 17, tos=1), ip4(u, 17, tos=0xba), ip4(u, 17, tos=3, ttl=0),
        ip4(u, 17, bad=1), ip4(u, 17, frag=0x4000), ip4(u, 17, frag=0x8000),
        ip4(u, 17, frag=0x2000), ip4(u, 17, frag=0x2010), ip4(u, 17, frag=0x10),
        ip4(u, 17, frag=0x6000),
        ip4(tcp(b"abc", flags=24), 6, frag=0x2000), ip4(b"abcdefgh", 1, frag=0x20),
        ip4(u, 17, total=10), ip4(u, 17, total=0), ip4(u, 17, total=200), ip4(u, 17, total=24),
        b"\x44" + ip4(u, 17)[1:], b"\x55" + ip4(u, 17)[1:], b"\x65" + ip4(u, 17)[1:],
        ip4(b"payload", 99), ip4(b"", 0), ip4(b"1234", 255), ip4(ip4(u, 17), 4),
        ip4(ip6(udp(b"x", 1, 2, A6, B6), 17), 41), ip4(b"", 17), ip4(b"\x01\x02", 6), *listed]]


def ip6_frames():
    u = udp(b"data", 4000, 5000, A6, B6)
    t = tcp(b"data", flags=24, ack=5, src=A6, dst=B6)

    def ext(nxt, data):
        return bytes([nxt, (len(data) + 2) // 8 - 1]) + data
    pad = bytes([1, 4, 0, 0, 0, 0])
    alert = bytes([5, 2, 0, 0, 1, 0])
    jumbo = bytes([0xc2, 4, 0, 1, 0, 0])
    home = bytes([0xc9, 16]) + ip(B6) + bytes([1, 2, 0, 0])
    frag = struct.pack("!BBHI", 17, 0, 1, 0x1234)
    frag2 = struct.pack("!BBHI", 17, 0, 0x108, 0x1234)
    rt0 = bytes([17, 2, 0, 1, 0, 0, 0, 0]) + ip(B6)
    srh = bytes([17, 2, 4, 0, 0, 0, 0, 9]) + ip(B6)
    return [eth(x, 0x86dd) for x in [
        ip6(u, 17), ip6(u, 17, flow=0xabcde), ip6(u, 17, flow=0xb800000), ip6(t, 6),
        ip6(ext(17, pad) + u, 0), ip6(ext(17, alert) + u, 0), ip6(ext(17, jumbo) + u, 0),
        ip6(ext(17, bytes(6)) + u, 60), ip6(ext(17, home) + u, 60),
        ip6(ext(60, pad) + ext(17, pad) + u, 0), ip6(ext(6, pad) + t, 60),
        ip6(ext(17, bytes([0x1e, 4, 1, 2, 3, 4])) + u, 60),
        ip6(frag + u, 44), ip6(frag2 + u, 44), ip6(ext(44, pad) + frag + u, 60),
        ip6(rt0 + u, 43), ip6(srh + u, 43), ip6(bytes([17, 0, 9, 0, 0, 0, 0, 0]) + u, 43),
        ip6(b"", 59), ip6(b"abc", 200), ip6(u, 17, length=200), ip6(u, 17, length=4),
        ip6(ip6(u, 17), 41), ip6(ip4(udp(b"x", 1, 2), 17), 4), ip6(u, 17) + b"\0" * 6,
        ip6(ext(17, pad)[:4], 0), ip6(u, 17, src="::1", dst="::"), ip6(u, 17, src="::ffff:1.2.3.4"),
        ip6(u, 17, src="::1.2.3.4"), ip6(u, 17, src="1:0:0:2::", dst="fe80::1:0:0:1"), ip6(u[:3], 17)]]


def tcp_options(*parts):
    data = b"".join(parts)
    return data + b"\1" * (-len(data) % 4)


def tcp_frames():
    mss, ws, sok = b"\2\4\5\xb4", b"\3\3\7", b"\4\2"
    ts = b"\x08\x0a" + struct.pack("!II", 123456789, 987654321)
    sack = b"\5\x12" + struct.pack("!IIII", 2001, 3001, 4001, 5001)
    alone = [tcp(flags=2, options=tcp_options(x)) for x in (
        mss, ws, sok, ts, mss + sok + ts + b"\1" + ws, b"\x22\2", b"\x22\x0a12345678", b"\x22\5abc",
        b"\xfe\4\xf9\x89", b"\xfe\x0c\xf9\x8912345678", b"\xfe\6\1\2\3\4", b"\xfd\6\1\2\3\4",
        b"\x1c\4\x80\x05", b"\x1c\4\x00\x05", b"\x13\x12" + bytes(range(16)),
        b"\x1d\x10\1\2" + bytes(range(12)), b"\x1d\3\1", b"\x06\6\0\0\0\1", b"\x07\6\0\0\0\2",
        b"\x0b\6\0\0\0\3", b"\x0c\6\0\0\0\4", b"\x63\6abcd", b"\x63\2",
        b"\2\3\5", b"\2\0", b"\2\x20\1\1", b"\x08\x0a\1\2", b"\5\x0a\0\0\0\1\0\0\0\2", b"\5\4\0\1",
        b"\0\1\1\1", b"\x14\4\1\2", b"\xfe\3\1")]
    talk = [tcp(flags=2, seq=1000, options=mss + b"\1\1" + sok), ]
    back = dict(sport=5001, dport=40000, src=B4, dst=A4)
    conversation = [
        ip4(talk[0], 6), ip4(tcp(flags=0x12, seq=5000, ack=1001, **back), 6, B4, A4),
        ip4(tcp(flags=16, seq=1001, ack=5001), 6),
        ip4(tcp(b"GET ", flags=24, seq=1001, ack=5001, options=b"\1\1" + ts), 6),
        ip4(tcp(b"", flags=16, seq=5001, ack=1005, options=b"\1\1" + sack, **back), 6, B4, A4),
        ip4(tcp(b"x" * 100, flags=16, seq=5001, ack=1005, **back), 6, B4, A4),
        ip4(tcp(flags=17, seq=1005, ack=5101), 6), ip4(tcp(flags=4, seq=1006), 6),
        ip4(tcp(flags=20, seq=1006, ack=5101), 6), ip4(tcp(b"why not", flags=4, seq=1006), 6),
        ip4(tcp(b"too long to be shown whole " * 3, flags=20, seq=1006, ack=1), 6)]
    odd = [ip4(tcp(flags=x, ack=9), 6) for x in (0, 1, 0x20, 0xc2, 0x1ff, 0x100, 0x3f, 0x52)]
    odd += [ip4(x, 6) for x in (
        tcp(off=4), tcp(off=15), tcp(bad=1), tcp(flags=0x30, urg=7, win=0), tcp()[:19], tcp()[:13],
        tcp()[:3], tcp()[:2], tcp()[:4], tcp(b"odd", bad=0x8000), tcp(off=0))]
    six = [ip6(tcp(flags=2, src=A6, dst=B6, options=mss), 6),
           ip6(tcp(b"data", flags=24, seq=2000, ack=3000, src=A6, dst=B6), 6),
           ip6(tcp(b"data", flags=24, seq=2004, ack=3000, src=A6, dst=B6, bad=5), 6)]
    return [eth(ip4(x, 6)) for x in alone] + [eth(x) for x in conversation + odd] \
        + [eth(x, 0x86dd) for x in six]


def udp_frames():
    four = [udp(b"", 1, 2), udp(b"abc", 1, 65535), udp(b"abc", 1, 2, bad=1), udp(b"abc", 1, 2)[:6] + b"\0\0abc",
            udp(b"abcdef", 1, 2, length=10), udp(b"abcdef", 1, 2, length=100), udp(b"abc", 1, 2, length=7),
            udp(b"abc", 1, 2, length=0), udp(b"a", 1, 2)[:7], udp(b"a", 1, 2)[:5], udp(b"a", 1, 2)[:3]]
    six = [udp(b"abc", 1, 2, A6, B6), udp(b"abc", 1, 2, A6, B6, bad=3),
           udp(b"abc", 1, 2, A6, B6)[:6] + b"\0\0abc"]
    return [eth(ip4(x, 17)) for x in four] + [eth(ip6(x, 17), 0x86dd) for x in six]


def icmp_frames():
    inner = ip4(udp(b"data1234", 4000, 53), 17)
    inner_t = ip4(tcp(), 6)
    inner_x = ip4(b"12345678", 99)
    made = [icmp(8, 0, b"\0\1\0\2" + bytes(48)), icmp(0, 0, b"\0\1\0\2abc"), icmp(8, 0, b"\0\1\0\2", bad=7)]
    made += [icmp(3, code, b"\0\0\5\xdc" + inner) for code in range(18)]
    made += [icmp(3, 3, bytes(4) + inner_t), icmp(3, 3, bytes(4) + inner_x), icmp(3, 2, bytes(4) + inner_x),
             icmp(3, 4, bytes(4) + inner), icmp(4, 0, bytes(4) + inner)]
    made += [icmp(5, code, ip(A4) + inner) for code in range(5)]
    made += [icmp(9, 0, b"\2\2\7\x08" + ip(A4) + b"\0\0\0\1" + ip(B4) + b"\xff\xff\xff\xff"), icmp(9, 0, b"\1\3\0\x1e" + bytes(8)),
             icmp(9, 0, b"\1\2\x0e\x11" + bytes(8)),
             icmp(10, 0, bytes(4)), icmp(11, 0, bytes(4) + inner), icmp(11, 1, bytes(4) + inner), icmp(11, 2, bytes(4) + inner),
             icmp(12, 0, b"\x14\0\0\0" + inner), icmp(12, 1, bytes(4) + inner),
             icmp(13, 0, b"\0\1\0\2" + bytes(12)), icmp(14, 0, b"\0\1\0\2" + struct.pack("!III", 1000, 43200000, 86399999)),
             icmp(14, 0, b"\0\1\0\2" + struct.pack("!III", 0x80000001, 0, 5)),
             icmp(15, 0, bytes(4)), icmp(16, 0, bytes(4)), icmp(17, 0, bytes(8)), icmp(18, 0, b"\0\0\0\0\xff\xff\xff\0"), icmp(99, 0, bytes(4)),
             icmp(3, 1, bytes(4) + inner[:10]), icmp(3, 1, bytes(4) + inner[:24]), icmp(11, 0, b"")]
    return [eth(ip4(x, 1)) for x in made]


def icmp6_frames():
    inner = ip6(udp(b"data1234", 4000, 53, A6, B6), 17)
    inner_t = ip6(tcp(src=A6, dst=B6), 6)
    inner_x = ip6(bytes([17, 0, 1, 4, 0, 0, 0, 0]) + udp(b"abc", 7, 8, A6, B6), 60)
    ll = b"\1\1" + MAC_A
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 2592000, 0xffffffff, 0) + ip("2001:db8:1::")
    mtu = b"\5\1\0\0\0\0\5\xdc"
    route = struct.pack("!BBBBI", 24, 2, 48, 0x08, 1800) + ip("2001:db8:2::")[:8]
    rdnss = struct.pack("!BBHI", 25, 3, 0, 600) + ip(B6)
    dnssl = struct.pack("!BBHI", 31, 3, 0, 600) + (name("example.com") + bytes(8))[:16]
    ra = struct.pack("!BBHII", 64, 0xc8, 1800, 30000, 1000)
    made = [icmp6(128, 0, b"\0\1\0\2" + bytes(8)), icmp6(129, 0, b"\0\1\0\2"), icmp6(128, 0, b"\0\1\0\2", bad=9)]
    made += [icmp6(1, code, bytes(4) + inner) for code in range(8)]
    made += [icmp6(1, 4, bytes(4) + x) for x in (inner_t, inner_x, inner[:30], inner[:44])]
    made += [icmp6(2, 0, b"\0\0\5\0" + inner), icmp6(3, 0, bytes(4) + inner), icmp6(3, 1, bytes(4) + inner), icmp6(3, 2, bytes(4) + inner)]
    made += [icmp6(4, code, b"\0\0\0\x28" + inner) for code in range(4)]
    made += [icmp6(133, 0, bytes(4)), icmp6(133, 0, bytes(4) + ll), icmp6(134, 0, ra), icmp6(134, 0, ra + ll + prefix + mtu + route + rdnss + dnssl),
             icmp6(134, 0, ra + b"\x07\1\0\0\0\0\x27\x10" + b"\x08\1\0\0\0\1\0\x1e" + b"\x63\1abcdef"), icmp6(134, 0, ra + b"\1\0"),
             icmp6(134, 0, ra + b"\1\5" + MAC_A),
             icmp6(135, 0, bytes(4) + ip(B6)), icmp6(135, 0, bytes(4) + ip(B6) + ll), icmp6(136, 0, b"\xe0\0\0\0" + ip(B6) + b"\2\1" + MAC_B),
             icmp6(136, 0, b"\x20\0\0\0" + ip(B6)), icmp6(136, 0, bytes(4) + ip(B6)), icmp6(137, 0, bytes(4) + ip("fe80::1") + ip(B6) + ll),
             icmp6(130, 0, b"\x27\x10\0\0" + bytes(16)), icmp6(131, 0, bytes(4) + ip("ff02::1:3")), icmp6(132, 0, bytes(4) + ip("ff02::1:3")),
             icmp6(130, 0, b"\x27\x10\0\0" + bytes(16) + b"\x0a\x7d\0\0"), icmp6(130, 0, b"\x90\x10\0\0" + ip("ff02::1:3") + b"\2\x8d\0\1" + ip(A6)),
             icmp6(130, 0, b"\x27\x10\0\0" + bytes(16) + b"\x0a\x7d\0\5"),
             icmp6(143, 0, b"\0\0\0\2" + b"\4\0\0\0" + ip("ff02::1:3") + b"\3\0\0\1" + ip("ff02::5") + ip(A6)), icmp6(143, 0, b"\0\0\0\3" + b"\4\0\0\0" + ip("ff02::1:3")),
             icmp6(143, 0, b"\0\0\0\1" + b"\x09\0\0\5" + ip("ff02::1:3")), icmp6(143, 0, b"\0\0\0\0"),
             icmp6(250, 1, bytes(4)), icmp6(128, 0, b"\0")]
    six = [ip6(x, 58, hlim=255) for x in made]
    alert = bytes([58, 0, 5, 2, 0, 0, 1, 0])
    six.append(ip6(alert + icmp6(131, 0, bytes(4) + ip("ff02::1:3")), 0, hlim=1))
    return [eth(x, 0x86dd) for x in six]


def igmp_frames():
    g = ip("239.1.2.3")
    made = [b"\x11\x64\0\0" + bytes(4), b"\x11\x0a\0\0" + g, b"\x11\0\0\0" + bytes(4), b"\x12\0\0\0" + g, b"\x16\0\0\0" + g, b"\x17\0\0\0" + g,
            b"\x11\x64\0\0" + bytes(4) + b"\2\x7d\0\0", b"\x11\x20\0\0" + g + b"\2\x7d\0\2" + ip(A4) + ip(B4), b"\x11\xff\0\0" + g + b"\2\x7d\0\2",
            b"\x22\0\0\0\0\0\0\2" + b"\4\0\0\0" + g + b"\3\0\0\1" + g + ip(A4), b"\x22\0\0\0\0\0\0\3" + b"\4\0\0\0" + g, b"\x22\0\0\0\0\0\0\1" + b"\x09\0\0\4" + g,
            b"\x22\0\0\0\0\0", b"\x99\0\0\0" + g, b"\x16\0\0\0" + g + b"xy", b"\x16\0", b"\x11\x64\0\0\0\0\0\0\0"]
    summed_up = [put(x, 2, checksum(x)) for x in made]
    return [eth(ip4(x, 2, dst="224.0.0.1", ttl=1, options=b"\x94\4\0\0")) for x in summed_up] \
        + [eth(ip4(made[3], 2))]


def dns_frames():
    q = question("www.example.com")
    ptr = b"\xc0\x0c"
    soa = name("ns.example.com") + name("root.example.com") + struct.pack("!IIIII", 2024, 7200, 900, 1209600, 300)
    a = record(ptr, 1, ip(A4))
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 12) + struct.pack("!HH", 10, 8) + bytes(8)
    plain = b"\0" + struct.pack("!HHIH", 41, 4096, 0, 0)
    many = [a, record(ptr, 28, ip(A6)), record(ptr, 5, name("a.b")), record(ptr, 2, ptr), record(ptr, 12, name("x.y")), record(ptr, 15, b"\0\x0a" + ptr),
            record(ptr, 16, b"\5hello\3a\"\n"), record(ptr, 33, b"\0\1\0\2\1\xbb" + name("srv.example.com")), record(ptr, 6, soa), record(ptr, 65, b"\0\1\0"),
            record(ptr, 257, b"\0\5issueca.org"), record(ptr, 46, bytes(18) + b"\0"), record(ptr, 99, b"\2ab"), record(ptr, 39, name("d.e")), record(ptr, 999, b"xyz"),
            record(ptr, 1, ip(A4), cls=3), record(ptr, 1, ip(A4), cls=77, ttl=90061)]
    made = [dns(1, 0x0100, [q]), dns(2, 0x0100, [q], additional=[opt]), dns(3, 0x0110, [question("x", 28)]), dns(4, 0, [question(".", 2)]),
            dns(5, 0x8180, [q], [a]), dns(6, 0x8183, [q], authority=[record("example.com", 6, soa)]), dns(7, 0x8580, [q], [a, a], [record(ptr, 2, ptr)], [a, plain]),
            dns(8, 0x8380, [q]), dns(9, 0x8182, [q]), dns(10, 0x8185, [q], additional=[opt]), dns(11, 0x81a0, [q], many), dns(12, 0x2000, [q]), dns(13, 0x2800, [question("zone", 6)]),
            dns(14, 0x0100, [q, question("b.c", 15)]), dns(15, 0x0100), dns(16, 0x8180), dns(17, 0x0100, [question("a" * 63 + ".x", 255, 255)]), dns(18, 0x0100, [question("q", 12, 77)]),
            dns(19, 0x0900, [q]), dns(20, 0x01c0, [q]), dns(21, 0x0100, [q], [a]), dns(22, 0x0100, [b"\xc0\x0c\0\1\0\1"]), dns(23, 0x0100, [b"\xc0\x20\0\1\0\1"]),
            dns(24, 0x8180, [q], [record(ptr, 1, b"\1\2")]), dns(25, 0x8180, [q], [record(ptr, 28, b"\1\2")]), dns(26, 0x8180, [q], [a])[:-2], dns(27, 0x8180, [q], [a])[:-8],
            dns(28, 0x0100, [q])[:-3], dns(29, 0x0100, [q])[:20], dns(30, 0x0100)[:7], dns(31, 0x8180, [q], [record(ptr, 5, b"\xc0\xff")]),
            dns(32, 0x8180, [q], [a])[:6] + b"\xff\xff" + dns(32, 0x8180, [q], [a])[8:], dns(33, 0x0100, [b"\x85abcde\0\0\1\0\1"]),
            dns(34, 0x0100, [question("evil\x1b[2J.com")]), dns(35, 0x8180, [q], [record(ptr, 16, bytes([3]) + b"\x1b\x07\xff")]),
            dns(36, 0x0100, [q], additional=[b"\0" + struct.pack("!HHIH", 41, 512, 0, 6) + struct.pack("!HHH", 99, 2, 7)])]
    mdns = [dns(0, 0, [question("_http._tcp.local", 12, 0x8001), question("b.local", 1)]), dns(0, 0x8400, answers=[record("b.local", 1, ip(A4), 0x8001, 120)]),
            dns(0, 0x8400, answers=[record("b.local", 33, b"\0\0\0\0\0\x50" + name("h.local"), 1, 120)])]
    frames = [eth(ip4(udp(x, 40000, 53), 17)) for x in made]
    frames += [eth(ip4(udp(x, 5353, 5353), 17)) for x in mdns] + [eth(ip6(udp(made[4], 53, 40000, A6, B6), 17), 0x86dd)]
    over = [struct.pack("!H", len(x)) + x for x in made[:8]]
    frames += [eth(ip4(tcp(x, dport=53, flags=24, ack=1), 6)) for x in over + [b"\0", b"\0\x20" + made[0][:10], over[0] + over[1]]]
    return frames + [eth(ip4(udp(made[0], 5355, 5355), 17))]


def dhcp_option(code, data):
    return bytes([code, len(data)]) + data


def dhcp4(op=1, kind=1, opts=b"", flags=0, secs=0, ci="0.0.0.0", yi="0.0.0.0", si="0.0.0.0", gi="0.0.0.0", hops=0,
          sname=b"", file=b"", hlen=6, end=b"\xff"):
    head = struct.pack("!BBBBIHH", op, 1, hlen, hops, 0x12345678, secs, flags) + ip(ci) + ip(yi) + ip(si) + ip(gi)
    body = dhcp_option(53, bytes([kind])) if kind else b""
    data = head + MAC_A + bytes(10) + sname.ljust(64, b"\0") + file.ljust(128, b"\0") + b"\x63\x82\x53\x63" + body + opts + end
    return data


def dhcp4_frames():
    o = dhcp_option
    lots = o(1, ip("255.255.255.0")) + o(3, ip(A4) + ip(B4)) + o(6, ip(A4)) + o(12, b"host\x07x") + o(15, b"example.com") + o(28, ip("192.0.2.255")) \
        + o(51, struct.pack("!I", 86400)) + o(58, struct.pack("!I", 43200)) + o(59, struct.pack("!I", 75600)) + o(54, ip(A4)) + o(26, b"\5\xdc")
    more = o(2, struct.pack("!i", -3600)) + o(19, b"\1") + o(20, b"\0") + o(23, b"\x40") + o(33, ip(A4) + ip(B4)) + o(42, ip(A4)) + o(43, b"\1\2\3") + o(44, ip(A4)) + o(46, b"\x08") \
        + o(50, ip(B4)) + o(52, b"\3") + o(55, bytes([1, 3, 6, 15, 119, 252, 200])) + o(56, b"no lease") + o(57, b"\2\x40") + o(60, b"udhcp 1.30") + o(61, b"\1" + MAC_A) + o(66, b"tftp.example") + o(67, b"boot.img")
    rare = o(81, b"\1\0\0host.example") + o(82, b"\1\4port\2\3abc") + o(93, b"\0\7") + o(119, name("example.com")) + o(121, bytes([24, 10, 1, 2]) + ip(A4) + bytes([0]) + ip(B4)) + o(125, b"\0\0\0\x09\2ab") + o(200, b"\1\2\3\4") \
        + o(61, b"\xff\0\0\0\1\0\3\0\1" + MAC_A) + o(61, b"\0name") + o(77, b"\3abc") + o(116, b"\1") + o(80, b"") + o(118, ip(A4)) + o(249, bytes([8, 10]) + ip(A4)) + o(252, b"http://wpad")
    made = [(dhcp4(), 68, 67), (dhcp4(1, 3, lots, flags=0x8000, secs=7), 68, 67), (dhcp4(2, 2, lots, yi=B4, si=A4), 67, 68), (dhcp4(2, 5, more, yi=B4, gi="10.0.0.1", hops=3), 67, 68),
            (dhcp4(1, 8, rare, ci=B4), 68, 67), (dhcp4(2, 6, b""), 67, 68), (dhcp4(1, 4), 68, 67), (dhcp4(1, 7, ci=B4), 68, 67), (dhcp4(2, 0, sname=b"server", file=b"/boot"), 67, 68),
            (dhcp4(3, 99), 68, 67), (dhcp4(hlen=16), 68, 67), (dhcp4(end=b""), 68, 67), (dhcp4(opts=b"\x0c\x40ab", end=b""), 68, 67), (dhcp4(opts=b"\0\0\0"), 68, 67),
            (dhcp4()[:200], 68, 67), (dhcp4()[:240], 68, 67), (dhcp4()[:30], 68, 67), (dhcp4()[:236] + b"\1\2\3\4", 68, 67), (dhcp4(opts=o(1, b"\1\2") + o(51, b"\1") + o(53, b"")), 68, 67), (dhcp4(flags=0x1234), 68, 67)]
    return [eth(ip4(udp(x, s, d, "0.0.0.0" if s == 68 else A4, "255.255.255.255"), 17, "0.0.0.0" if s == 68 else A4, "255.255.255.255")) for x, s, d in made]


def dhcp6_frames():
    def o(code, data=b""):
        return struct.pack("!HH", code, len(data)) + data
    duid = b"\0\1\0\1\x12\x34\x56\x78" + MAC_A
    addr = o(5, ip(B6) + struct.pack("!II", 3600, 7200))
    ia = o(3, struct.pack("!III", 7, 100, 200) + addr)
    pd = o(25, struct.pack("!III", 7, 100, 200) + o(26, struct.pack("!IIB", 3600, 7200, 56) + ip("2001:db8:5::")))
    head = b"\1\x12\x34\x56"
    made = [head + o(1, duid) + o(6, b"\0\x17\0\x18\0\x27") + o(8, b"\0\x64") + o(3, struct.pack("!III", 7, 0, 0)), b"\2" + head[1:] + o(1, duid) + o(2, b"\0\3\0\1" + MAC_B) + ia + o(7, b"\xff") + o(23, ip(A6) + ip(B6)) + o(24, name("example.com")),
            b"\3" + head[1:] + pd + o(14), b"\7" + head[1:] + o(13, b"\0\2no addresses") + o(13, b"\0\0"), b"\x0b" + head[1:] + o(1, b"\0\2\0\0\x01\x37abcdef") + o(1, b"\0\4" + bytes(16)),
            b"\4" + head[1:] + o(4, struct.pack("!I", 9) + addr) + o(19, b"\5") + o(20) + o(12, ip(A6)), b"\x0c\1" + ip(A6) + ip(B6) + o(9, head + o(1, duid)) + o(18, b"eth0"),
            b"\x0d\2" + ip(A6) + ip(B6) + o(9, b"\7" + head[1:] + o(8, b"\0\0")), head + o(31, ip(A6)) + o(32, struct.pack("!I", 86400)) + o(39, b"\1\4host\7example\3com\0") + o(999, b"abc") + o(16, b"\0\0\1\x37\0\2ab") + o(59, b"http://x") + o(61, b"\0\7"),
            head + o(1, b"\0"), head[:2], head, head + b"\0\1\0\x40ab", b"\x63" + head[1:], head + o(8, b"\0") + o(3, b"\1"), b"\x0c\1" + ip(A6)]
    return [eth(ip6(udp(x, 546, 547, A6, B6), 17), 0x86dd) for x in made]


KINDS = {"link": link_frames, "arp": arp_frames, "ip4": ip4_frames, "ip6": ip6_frames, "tcp": tcp_frames, "udp": udp_frames, "icmp": icmp_frames,
         "icmp6": icmp6_frames, "igmp": igmp_frames, "dns": dns_frames, "dhcp4": dhcp4_frames, "dhcp6": dhcp6_frames}


def cut(frames):
    """Each frame cut off at every byte behind the link's header: (captured, length on the wire)."""
    return [(f[:n], len(f)) for f in frames for n in range(14, len(f))]


def relinked(frames, link):
    """Ethernet frames as captures of another kind of link have them, whole and cut off in that link's header."""
    out = []
    for i, f in enumerate(frames):
        kind, rest = struct.unpack("!H", f[12:14])[0] if len(f) > 13 else 0, f[14:]
        way, arp, size = (0, 1, 2, 3, 4, 7)[i % 6], (1, 772)[i % 2], (6, 6, 0, 4, 8)[i % 5]
        family = {0x800: 2, 0x86dd: (24, 28, 30)[i % 3]}.get(kind, (99, 5, 0)[i % 3])
        if kind in (0x88a8, 0x9100):  # tags that tcpdump does not look into here
            continue
        head = {SLL: struct.pack("!HHH6sHH", way, arp, size, MAC_A, 0, kind),
                SLL2: struct.pack("!HHIHBB6sH", kind, 0, i % 5, arp, way, size, MAC_A, 0),
                NULL: struct.pack("<>"[i % 2] + "I", family), LOOP: struct.pack(">I", family), RAW: b"", IPV4: b"", IPV6: b""}[link]
        out += [head + rest, *((head[:n], len(head) + len(rest)) for n in range(1, len(head)) if i < 6)]
    return out


def damaged(frames, seed):
    """Each frame with one or two bytes changed, behind the link's header."""
    chance = random.Random(seed)
    out = []
    for f in frames:
        if len(f) > 15:
            data = bytearray(f)
            for _ in range(chance.randint(1, 2)):
                data[chance.randrange(14, len(f))] = chance.choice([0, 1, 255, chance.randrange(256)])
            out.append((bytes(data), len(f)))
    return out


def read(path):
    """The frames of a pcap file of this machine's byte order."""
    data, frames, at = path.read_bytes(), [], 24
    while at < len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        frames.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return frames


def capture(path, frames, link=ETHERNET, nano=False, big=False, snap=262144):
    """A pcap file. Frames: bytes, or (captured bytes, length on the wire)."""
    order = ">" if big else "<"
    with open(path, "wb") as f:
        f.write(struct.pack(order + "IHHiIII", 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, snap, link))
        for i, frame in enumerate(frames):
            data, length = frame if isinstance(frame, tuple) else (frame, len(frame))
            f.write(struct.pack(order + "IIII", 1700000000 + i * 61, i * 1001 % 1000000, len(data), length) + data)


def capture_ng(path, frames, link=ETHERNET, big=False, resolution=9):
    """A pcapng file."""
    order = ">" if big else "<"

    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)

    def option(code, data):
        return struct.pack(order + "HH", code, len(data)) + data + b"\0" * (-len(data) % 4)
    with open(path, "wb") as f:
        f.write(block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1)))
        f.write(block(1, struct.pack(order + "HHI", link, 0, 0) + option(2, b"eth0") + option(9, bytes([resolution])) + option(0, b"")))
        for i, frame in enumerate(frames):
            data, length = frame if isinstance(frame, tuple) else (frame, len(frame))
            ticks = (1700000000 + i * 61) * 10 ** resolution + i * 1001 % 1000000 * 10 ** (resolution - 6)
            f.write(block(6, struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xffffffff, len(data), length) + data
                          + b"\0" * (-len(data) % 4) + option(1, b"why") + option(0, b"")))
