# SPDX-License-Identifier: BSD-2-Clause
"""dump_options - options and records of every kind and length, right and wrong

For each protocol that has a list of them: each kind with each length, its contents by chance (the same each
time). OPTIONS: the protocols, and what gives their frames.
"""

import random
import struct

from dump_frames import A4, A6, B4, B6, eth, icmp6, ip, ip4, ip6, tcp, udp

SYN, SYN_ACK, ACK = 2, 18, 16
BEFORE = (b"", b"\1", b"\1\1", b"\2\4\5\xb4")


def segment(options, flags, chance):
    """TCP with @options, filled up to whole words; over IPv4 or IPv6."""
    options += b"\1" * (-len(options) % 4)
    more = {"options": options, "flags": flags, "ack": 7 if flags & ACK else 0}
    if chance.random() < 0.5:
        return eth(ip4(tcp(**more), 6))
    return eth(ip6(tcp(src=A6, dst=B6, **more), 6), 0x86dd)


def tcp_options():
    """Every kind; kind 30 is mptcp_options()'s."""
    chance, made = random.Random(1), []
    for kind in range(2, 256):
        for size in range(0, 41) if kind < 36 or kind > 252 else (0, 1, 2, 3, 9):
            option = bytes([kind, size]) + chance.randbytes(max(size - 2, 0))
            before = chance.choice([x for x in BEFORE if len(x) + len(option) <= 40])
            if kind != 30:
                made.append(segment(before + option, chance.choice((SYN, SYN_ACK, ACK)), chance))
    for magic in (b"\xf9\x89", b"\xe2\xd4", b"\x12\x34"):
        made += [segment(bytes([kind, 4 + n]) + magic + chance.randbytes(n), SYN, chance) for n in range(20) for kind in (253, 254)]
    return made


def mptcp_options():
    """Every signal of Multipath TCP, of every length, in every segment of a handshake; each set of DSS's flags."""
    chance, made = random.Random(2), []
    for size in range(2, 41):
        for signal in range(16):
            for flags in (SYN, SYN_ACK, ACK):
                first = signal << 4 | chance.choice((0, 1, 1, chance.randrange(16)))
                option = bytes([30, size]) + (bytes([first]) + chance.randbytes(size - 3) if size > 2 else b"")
                made.append(segment(chance.choice([x for x in BEFORE if len(x) + size <= 40]) + option, flags, chance))
        made += [segment(bytes([30, size, 0x20, low]) + chance.randbytes(size - 4), ACK, chance) for low in range(32) if size > 3]
    return made


def ip4_options():
    chance, made = random.Random(3), []
    for kind in range(256):
        for size in range(0, 41) if kind in (7, 68, 82, 130, 131, 133, 134, 136, 137, 148) else (0, 1, 2, 3, 4, 11):
            pointer = bytes([chance.choice((4, 5, 8, 9, 13, chance.randrange(256)))])
            options = bytes([kind, size]) + (pointer + chance.randbytes(size - 3) if size > 2 else b"")
            options += b"\1" * (-len(options) % 4)
            made.append(eth(ip4(udp(b"data", 4000, 5000), 17, options=options)))
    return made


def ip6_options():
    """Hop-by-hop and destination options."""
    chance, lists = random.Random(4), []
    for kind in range(256):
        for size in (*range(20), 100, 255) if kind in (0, 1, 4, 5, 38, 99, 109, 139, 194, 201, 238) else (0, 1, 5, 30):
            lists.append(bytes([kind, size]) + chance.randbytes(min(size, 30)))
    # what lies at the header's end
    for kind in (1, 5, 38, 194, 201):
        for left in range(1, 24):
            lists += [b"\0" * (30 - left) + (bytes([kind, size]) + chance.randbytes(24))[:left] for size in (0, 1, 2, 4, 6, 16, 18)]
    # a home address with options of its own
    for size in range(16, 30):
        for own in (bytes(14), b"\1\1" * 7, b"\2\2abcd\1\0\3\0\0\0\1\0", b"\1\x0c" + bytes(12)):
            lists.append(bytes([201, size]) + ip(A6) + own[:size - 16])
    made = []
    for header in lists:
        header += b"\0" * (-(len(header) + 2) % 8)
        for proto in (0, 60):
            made.append(eth(ip6(struct.pack("!BB", 17, (len(header) + 2) // 8 - 1) + header + udp(b"data", 4000, 5000, A6, B6), proto), 0x86dd))
    return made


def ip6_headers():
    """Extension headers twice, in a wrong order, and with a jumbo payload; routing headers whose counts lie; IGMP."""
    message = udp(b"data", 4000, 5000, A6, B6)
    pad, made = b"\1\4\0\0\0\0", []

    def header(proto, options=pad):
        return bytes([proto, (len(options) + 2) // 8 - 1]) + options

    def add(proto, payload, length):
        made.append(eth(ip6(payload, proto, length=length), 0x86dd))
    for length in (None, 0):
        for proto, *protos in ((0, 17), (60, 17), (0, 60, 17), (60, 0, 17), (0, 0, 17), (60, 60, 60, 17), (0, 60, 0, 17), (0, 6), (60, 59)):
            add(proto, b"".join(map(header, protos)) + message, length)
        for jumbo in (0, 28, 65535, 65536, 70000):
            option = b"\xc2\4" + struct.pack("!I", jumbo)
            add(0, header(17, option) + message, length)
            add(0, header(60, option) + header(17) + message, length)
            add(60, header(17, option) + message, length)
            add(0, header(17, option * 2 + b"\1\0") + message, length)
        for proto in (0, 43, 60):
            add(43, bytes([proto]) + bytes(7) + header(17) + message, length)
        add(2, message, length)
    for size in (0, 1, 2, 3, 4, 5, 246, 255):
        for kind in (0, 2, 3, 4):
            for last in (0, 1, 7, 255):
                for there in range(4):
                    add(43, bytes([17, size, kind, 1, last, 0, 0, 7]) + ip(A6) * there + message, None)
    return made


def arp_lengths():
    return [eth(struct.pack("!HHBBH", kind, 0x800, hard, soft, op) + b"\2" * hard + b"\x0a" * soft + b"\3" * hard + b"\x0b" * soft, 0x0806)
            for op in range(12) for hard in (0, 1, 6) for soft in (0, 4) for kind in (1, 6, 24)]


def ether_types():
    """As ARP has them: nothing else of the frame depends on them then."""
    types = [0x00fe, 0x0200, 0x0500, 0x0707, 0x0800, 0x0806, *range(0x1000, 0x1200), *range(0x6000, 0x6010), 0x6558, *range(0x8030, 0x8140), *range(0x8760, 0x8960), 0x9000, 0x9100, 0x9200, 0xabcd, 0xd28b, 0xfefe]
    return [eth(struct.pack("!HHBBH", 1, kind, 6, 4, 1) + bytes(20), 0x0806) for kind in types]


def nd_options():
    chance, made = random.Random(5), []
    head = {133: bytes(4), 134: bytes([64, 0, 0, 60]) + bytes(8), 135: bytes(4) + ip(B6), 136: bytes(4) + ip(B6), 137: bytes(4) + ip(A6) + ip(B6)}
    for kind in range(256):
        for size in range(6) if kind < 40 else (0, 1):
            option = bytes([kind, size]) + chance.randbytes(max(size * 8 - 2, 6))
            made.append(eth(ip6(icmp6(message := chance.choice(list(head)), 0, head[message] + option), 58), 0x86dd))
    return made


def dhcp4_options():
    chance, lists = random.Random(6), []
    for kind in range(256):
        lists += [(kind, chance.randbytes(size)) for size in range(13)]
    lists += [(81, bytes([flags, 0, chance.choice((0, 5))]) + b"host") for flags in range(256)]
    for i in range(60):
        lists += [(121, chance.choice((b"", b"\x18\x0a\1\2\x0a\0\0\1")) + bytes([chance.choice((0, 1, 8, 9, 24, 25, 32, 33))]) + chance.randbytes(i % 9)),
                  (77, bytes([chance.randrange(6)]) + chance.randbytes(i % 9)), (61, bytes([chance.choice((0, 1, 2, 255))]) + chance.randbytes(i % 9)),
                  (82, bytes([chance.choice((1, 2, 5, 6, 9, 11, 150)), chance.randrange(6)]) + chance.randbytes(i % 9)),
                  (chance.choice((46, 52, 53)), bytes([chance.choice((0, 1, 2, 4, 8, 16))]) + chance.randbytes(i % 3))]
    head = bytes([1, 1, 6, 0]) + bytes(24) + b"\2\0\0\0\0\1" + bytes(10 + 192) + b"\x63\x82\x53\x63\x35\1\1"
    return [eth(ip4(udp(head + bytes([kind, len(data)]) + data + b"\xff", 68, 67), 17)) for kind, data in lists]


def dhcp6_options():
    chance, lists = random.Random(7), []
    for kind in (*range(150), 65535):
        lists += [(kind, chance.randbytes(size)) for size in (0, 1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 24, 25)]
    names = (b"\3abc\0", b"\3abc", b"\xc0\0", b"\xc0\4", b"\1a\xc0\x0a", b"\x80", b"\x40", b"\x3fabc", b"\0", b"\1a\0\1b\0", b"\1a\0\xc0\x08", b"\x41\5\xff\0")
    for name in names:
        lists += [(21, name), (24, name), (56, struct.pack("!HH", 3, len(name)) + name)]
    lists += [(56, struct.pack("!HH", chance.randrange(5), chance.randrange(20)) + chance.randbytes(chance.randrange(24))) for _ in range(60)]
    return [eth(ip6(udp(b"\1\0\0\1" + struct.pack("!HH", kind, len(data)) + data, 546, 547, A6, B6), 17), 0x86dd) for kind, data in lists]


def dns_records():
    """Every type; what EDNS has; signatures of transactions; labels of bits; lengths that lie."""
    chance, lists = random.Random(8), []
    for kind in (*range(1, 275), 32768, 32769, 65280, 65535):
        for size in (0, 1, 4, 7, 16, 24):
            data = chance.choice((chance.randbytes(size), (bytes([0, 9, 4]) + b"text\0\xc0\x0c\3abc\0" + bytes(20))[:size]))
            lists.append((kind, data, size))
    signature = b"\x0bhmac-sha256\0" + bytes(6) + b"\1\x2c\0\4abcd\x12\x67\0\x10\0\6123456"
    lists += [(250, signature[:size], size) for size in range(len(signature) + 1)]
    for code in range(18):
        for size in (0, 1, 2, 4, 8, 20):
            if code != 13:
                lists.append((41, struct.pack("!HH", code, size) + bytes(range(size)), size + 4))
    lists += [(41, b"\0\x0d\0\5\3abc\0", 9), (41, b"\0\x0d\0\1\0\0\3\0\2ab", 11), *((41, b"\0\3\0\6abcdef"[:n], n) for n in range(11)), *((41, b"\0\x0a\0\4\0\1\0\2abcdefgh", n) for n in range(14))]
    lists += [(41, struct.pack("!HH", 10, size) + chance.randbytes(size), size + 4) for size in (*range(7, 42), 50)]
    for family, bits in ((0, 0), (1, 33), (2, 129), (3, 1)):
        for source in (0, 1, 8, 9, 24, 32, 33, 128, 129):
            lists += [(41, struct.pack("!HHHBB", 8, 4 + n, family, source, chance.choice((0, 24, bits))) + b"\xff" * n, 8 + n) for n in (0, 1, 2, 3, 4, 5, 16, 17)]
    lists += [(16, b"\3abc\3def", size) for size in range(9)] + [(16, b"\3abc\4def", 8)]
    lists += [(5, b"\1a\x41" + bytes([bits]) + b"\xa5" * ((bits or 256) // 8 + 1) + b"\3com\0", 40) for bits in range(20)]
    head = struct.pack("!HHHHHH", 4711, 0x8180, 1, 1, 0, 0) + b"\7example\3com\0\0\1\0\1\xc0\x0c"
    return [eth(ip4(udp(head + struct.pack("!HHIH", kind, 1, 60, size) + data, 53, 9), 17)) for kind, data, size in lists]


OPTIONS = {"tcp": tcp_options, "mptcp": mptcp_options, "ip4": ip4_options, "ip6": ip6_options, "headers": ip6_headers, "arp": arp_lengths, "types": ether_types, "nd": nd_options, "dhcp4": dhcp4_options,
           "dhcp6": dhcp6_options, "dns": dns_records}
