/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_packet.c - a packet of a script: "< P. 1:1001(1000) ack 1 win 257 <nop,wscale 7>"
 *
 * IP fields in brackets, then TCP, "udp (length)" or "icmp type code", then what concerns the
 * whole packet: ports, burst, newisn, why.
 */
#include "lex.h"

#include <stdio.h>
#include <string.h>

/* Which extension header of IPv6 has that name? */
static int ext_proto(const char *name) {
    static const struct {
        const char *name;
        int proto;
    } rows[] = {{"hopopts", 0}, {"rthdr", 43}, {"dstopts", 60}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return rows[i].proto;
        }
    }
    return -1;
}

/* One more, all of it: its first octet says what follows. */
static bool ext_header(struct parser *ps, uint8_t proto, struct ps_ip *ip) {
    unsigned n;

    if (!lex_hex(ps, ip->ext + ip->ext_len, PS_EXT_BYTES - ip->ext_len, &n)) {
        return false;
    }
    ip->ext_first = ip->ext_len == 0 ? proto : ip->ext_first;
    ip->ext_len += n;
    return true;
}

/* [ect0], [ttl 5], [src "192.0.2.9"], ...: what the IP header shall hold. */
static bool ip_prefix(struct parser *ps, struct ps_ip *ip) {
    while (lex_take(ps, '[')) {
        char name[24];
        uint64_t v = 0;

        do {
            if (!lex_word(ps, name, sizeof(name), "an IP field such as ttl, tos, ect0, src")) {
                return false;
            }
            if (strcmp(name, "noecn") == 0) {
                ip->ecn = 0;
            } else if (strcmp(name, "ect1") == 0) {
                ip->ecn = 1;
            } else if (strcmp(name, "ect0") == 0) {
                ip->ecn = 2;
            } else if (strcmp(name, "ce") == 0) {
                ip->ecn = 3;
            } else if (strcmp(name, "badcsum") == 0) {
                ip->bad_csum = true;
            } else if (strcmp(name, "partial") == 0) {
                ip->csum_partial = true;
            } else if (strcmp(name, "gso") == 0) {
                if (!lex_number(ps, 65535, &v, "a segment's size")) {
                    return false;
                }
                ip->gso = (int)v;
            } else if (strcmp(name, "badipcsum") == 0) {
                ip->bad_ip_csum = true;
            } else if (strcmp(name, "ttl") == 0) {
                if (!lex_number(ps, 255, &v, "a TTL")) {
                    return false;
                }
                ip->ttl = (int)v;
            } else if (strcmp(name, "tos") == 0) {
                if (!lex_number(ps, 255, &v, "a TOS byte")) {
                    return false;
                }
                ip->tos = (int)v;
            } else if (strcmp(name, "flowlabel") == 0) {
                if (!lex_number(ps, 0xfffff, &v, "a flow label")) {
                    return false;
                }
                ip->flow_label = (int)v;
            } else if (strcmp(name, "src") == 0) {
                if (!lex_quoted(ps, ip->src, sizeof(ip->src))) {
                    return false;
                }
            } else if (strcmp(name, "dst") == 0) {
                if (!lex_quoted(ps, ip->dst, sizeof(ip->dst))) {
                    return false;
                }
            } else if (ext_proto(name) >= 0) {
                if (!ext_header(ps, (uint8_t)ext_proto(name), ip)) {
                    return false;
                }
            } else if (strcmp(name, "ipopt") == 0) {
                if (!lex_hex(ps, ip->options, sizeof(ip->options), &ip->options_len)) {
                    return false;
                }
            } else {
                return lex_fail(ps, "unknown IP field '%s'", name);
            }
        } while (lex_take(ps, ','));
        if (!lex_expect(ps, ']', "after the IP fields")) {
            return false;
        }
    }
    return true;
}

static bool tcp_flags(struct parser *ps, uint16_t *ret) {
    static const char letters[] = "FSRP.UEWA";
    char fb[24];
    uint16_t f = 0;

    lex_skip(ps);
    if (ps->p[0] == '-' && (ps->p[1] == ' ' || ps->p[1] == '\t')) {
        ps->p++;
        *ret = 0;
        return true;
    }
    while (*ps->p && strchr(letters, *ps->p)) {
        uint16_t bit = (uint16_t)(1u << (unsigned)(strchr(letters, *ps->p) - letters));

        if (f & bit) {
            return lex_fail(ps, "the flag '%c' stands twice", *ps->p);
        }
        f = (uint16_t)(f | bit);
        ps->p++;
    }
    if (f == 0 || lex_is_word(*ps->p)) {
        return lex_fail(ps, "expected TCP flags (S F R P . U E W A or -), udp or icmp, found %s",
                        lex_found(ps, fb));
    }
    *ret = f;
    return true;
}

/* seq:end(len) */
static bool seq_range(struct parser *ps, uint32_t *ret_seq, uint32_t *ret_len) {
    uint32_t end;

    if (!lex_seqnum(ps, ret_seq, "a sequence number") || !lex_expect(ps, ':', "in seq:end(len)") ||
        !lex_seqnum(ps, &end, "the sequence number of the end") ||
        !lex_expect(ps, '(', "in seq:end(len)") || !lex_number32(ps, ret_len, "a length") ||
        !lex_expect(ps, ')', "in seq:end(len)")) {
        return false;
    }
    if (end - *ret_seq != *ret_len) {
        return lex_fail(ps, "seq:end(len) does not add up: %u:%u is %u bytes, not %u", *ret_seq,
                        end, end - *ret_seq, *ret_len);
    }
    if (*ret_len > 65000) {
        return lex_fail(ps, "a packet cannot hold %u bytes", *ret_len);
    }
    return true;
}

/* A number; or, of a packet of ours, "*" for any. */
static bool timestamp(struct parser *ps, bool in, uint32_t *ret, bool *ret_any) {
    *ret_any = !in && lex_take(ps, '*');
    return *ret_any || lex_number32(ps, ret, in ? "a timestamp" : "a timestamp or *");
}

/* ECN [e0b N [ceb N [e1b N]]], or the other way round: which of the two options it is. */
static bool ecn_option(struct parser *ps, struct ps_opt *o) {
    static const char *const names[] = {"e0b", "ceb", "e1b"};

    o->kind = PS_OPT_ACCECN0;
    for (;;) {
        if (o->n < 3 && lex_keyword(ps, names[o->kind == PS_OPT_ACCECN1 ? 2 - o->n : o->n])) {
            /* the next one in order */
        } else if (o->n == 0 && lex_keyword(ps, "e1b")) {
            o->kind = PS_OPT_ACCECN1;
        } else {
            return true;
        }
        if (!lex_number32(ps, &o->v[o->n], "a count of bytes")) {
            return false;
        }
        o->n++;
    }
}

static bool tcp_option(struct parser *ps, bool in, struct ps_opt *o) {
    memset(o, 0, sizeof(*o));
    if (lex_keyword(ps, "mss")) {
        o->kind = PS_OPT_MSS;
        return lex_number32(ps, &o->a, "an MSS");
    }
    if (lex_keyword(ps, "wscale")) {
        o->kind = PS_OPT_WSCALE;
        return lex_number32(ps, &o->a, "a window shift");
    }
    if (lex_keyword(ps, "nop")) {
        o->kind = PS_OPT_NOP;
        return true;
    }
    if (lex_keyword(ps, "eol")) {
        o->kind = PS_OPT_EOL;
        return true;
    }
    if (lex_keyword(ps, "sackOK")) {
        o->kind = PS_OPT_SACK_OK;
        return true;
    }
    if (lex_keyword(ps, "sack")) {
        o->kind = PS_OPT_SACK;
        do {
            if (o->n + 2 > 8) {
                return lex_fail(ps, "more than four SACK blocks");
            }
            if (!lex_seqnum(ps, &o->v[o->n], "the left edge of a SACK block") ||
                !lex_expect(ps, ':', "in a SACK block") ||
                !lex_seqnum(ps, &o->v[o->n + 1], "the right edge of a SACK block")) {
                return false;
            }
            o->n += 2;
        } while (lex_is_digit(lex_peek(ps)));
        return true;
    }
    if (lex_keyword(ps, "TS")) {
        o->kind = PS_OPT_TS;
        return (lex_keyword(ps, "val") || lex_fail(ps, "expected TS val N ecr N")) &&
               timestamp(ps, in, &o->a, &o->any_a) &&
               (lex_keyword(ps, "ecr") || lex_fail(ps, "expected TS val N ecr N")) &&
               timestamp(ps, in, &o->b, &o->any_b);
    }
    if (lex_keyword(ps, "FO")) {
        o->kind = PS_OPT_FO;
        if (lex_take(ps, '*')) {
            o->any_a = true;
            return true;
        }
        o->n = 0; /* "FO" alone asks for a cookie */
        return lex_peek(ps) == ',' || lex_peek(ps) == '>' || lex_hex(ps, o->raw, 16, &o->n);
    }
    if (lex_keyword(ps, "ECN")) {
        return ecn_option(ps, o);
    }
    if (lex_keyword(ps, "raw")) {
        o->kind = PS_OPT_RAW;
        return lex_hex(ps, o->raw, sizeof(o->raw), &o->n);
    }
    char fb[24];

    return lex_fail(ps,
                    "unknown TCP option: found %s, expected mss, wscale, sackOK, sack, TS, nop, "
                    "eol, FO, ECN or raw",
                    lex_found(ps, fb));
}

static bool tcp_options(struct parser *ps, struct ps_packet *pk) {
    if (!lex_take(ps, '<')) {
        return true;
    }
    pk->has_opts = true;
    lex_skip(ps);
    if (strncmp(ps->p, "...", 3) == 0) {
        ps->p += 3;
        pk->any_opts = true;
        return pk->in ? lex_fail(ps, "<...> says nothing in a packet that is sent in")
                      : lex_expect(ps, '>', "after <...");
    }
    if (lex_take(ps, '>')) {
        return true;
    }
    do {
        if (pk->nopts == PS_OPTS) {
            return lex_fail(ps, "too many TCP options");
        }
        if (!tcp_option(ps, pk->in, &pk->opts[pk->nopts])) {
            return false;
        }
        pk->nopts++;
    } while (lex_take(ps, ','));
    return lex_expect(ps, '>', "after the TCP options");
}

static bool tcp_fields(struct parser *ps, struct ps_packet *pk) {
    if (!seq_range(ps, &pk->seq, &pk->len)) {
        return false;
    }
    if (lex_keyword(ps, "ack")) {
        if (!(pk->flags & PS_ACK)) {
            return lex_fail(ps, "ack without the flag '.'");
        }
        if (!lex_seqnum(ps, &pk->ack, "an acknowledgement number")) {
            return false;
        }
    } else if (pk->flags & PS_ACK) {
        return lex_fail(ps, "the flag '.' wants: ack N");
    }
    if (lex_keyword(ps, "win")) {
        pk->has_win = !lex_take(ps, '*');
        if (pk->has_win && !lex_number32(ps, &pk->win, "a window")) {
            return false;
        }
        if (pk->win > 65535) {
            return lex_fail(ps, "the window field has 16 bits: %u does not fit", pk->win);
        }
    }
    if (lex_keyword(ps, "urg")) {
        pk->has_urg = true;
        if (!lex_number32(ps, &pk->urg, "an urgent pointer")) {
            return false;
        }
    }
    if (lex_keyword(ps, "doff")) {
        uint64_t v;

        if (!lex_number(ps, 15, &v, "a data offset")) {
            return false;
        }
        pk->doff = (int)v;
    }
    return tcp_options(ps, pk);
}

static bool icmp_quote(struct parser *ps, struct ps_icmp *ic) {
    if (!lex_take(ps, '[')) {
        return true;
    }
    ic->has_quote = true;
    if (lex_keyword(ps, "udp")) {
        ic->quote_udp = true;
        if (!lex_expect(ps, '(', "after udp") || !lex_number32(ps, &ic->quote_len, "a length") ||
            !lex_expect(ps, ')', "after the length")) {
            return false;
        }
    } else if (!seq_range(ps, &ic->quote_seq, &ic->quote_len)) {
        return false;
    }
    return lex_expect(ps, ']', "after the quoted packet");
}

static bool icmp_fields(struct parser *ps, struct ps_packet *pk) {
    struct ps_icmp *ic = &pk->icmp;
    char type[32];
    char code[32] = "";
    uint64_t v;

    pk->proto = PS_ICMP;
    if (lex_keyword(ps, "type")) {
        ic->type = -1;
        if (!lex_number(ps, 255, &v, "an ICMP type")) {
            return false;
        }
        ic->type_num = (uint8_t)v;
        if (!lex_keyword(ps, "code")) {
            return lex_fail(ps, "expected: icmp type N code N");
        }
        if (!lex_number(ps, 255, &v, "an ICMP code")) {
            return false;
        }
        ic->code_num = (uint8_t)v;
    } else {
        if (!lex_word(ps, type, sizeof(type), "an ICMP type such as unreachable or echo_request")) {
            return false;
        }
        if (ps_icmp_type_needs_code(type) &&
            !lex_word(ps, code, sizeof(code), "an ICMP code such as port_unreachable")) {
            return false;
        }
        ic->type = ps_icmp_find(type, code);
        if (ic->type < 0) {
            return lex_fail(ps, "unknown ICMP message '%s%s%s'", type, code[0] ? " " : "", code);
        }
    }
    if (lex_keyword(ps, "mtu") && !lex_number32(ps, &ic->mtu, "an MTU")) {
        return false;
    }
    if (lex_keyword(ps, "id") && !lex_number32(ps, &ic->id, "an identifier")) {
        return false;
    }
    if (lex_keyword(ps, "seq") && !lex_number32(ps, &ic->seq, "a sequence number")) {
        return false;
    }
    if (lex_take(ps, '(')) {
        if (!lex_number(ps, 65000, &v, "a length") || !lex_expect(ps, ')', "after the length")) {
            return false;
        }
        pk->len = (uint32_t)v;
    }
    return icmp_quote(ps, ic);
}

static bool udp_fields(struct parser *ps, struct ps_packet *pk) {
    uint64_t v;

    pk->proto = PS_UDP;
    if (!lex_expect(ps, '(', "after udp") || !lex_number(ps, 65507, &v, "a length") ||
        !lex_expect(ps, ')', "after the length")) {
        return false;
    }
    pk->len = (uint32_t)v;
    return true;
}

/* to PORT, from PORT, newisn, burst, why CAUSE */
static bool packet_tail(struct parser *ps, struct ps_packet *pk) {
    uint64_t v;

    for (;;) {
        if (lex_keyword(ps, "to")) {
            if (!lex_number(ps, 65535, &v, "a port")) {
                return false;
            }
            pk->dport = (int)v;
        } else if (lex_keyword(ps, "from")) {
            if (!lex_number(ps, 65535, &v, "a port")) {
                return false;
            }
            pk->sport = (int)v;
        } else if (!pk->in && lex_keyword(ps, "newisn")) {
            pk->new_isn = true;
        } else if (pk->in && lex_keyword(ps, "burst")) {
            pk->burst = true;
        } else if (!pk->in && lex_keyword(ps, "why")) {
            size_t n = 0;

            lex_skip(ps);
            while (lex_is_word(ps->p[n]) || ps->p[n] == '-') {
                n++;
            }
            if (n == 0 || n >= sizeof(pk->why)) {
                return lex_fail(ps, "expected the short name of a cause after why");
            }
            memcpy(pk->why, ps->p, n);
            ps->p += n;
        } else {
            return true;
        }
    }
}

bool parse_packet(struct parser *ps, struct ps_packet *pk) {
    uint64_t v;

    memset(pk, 0, sizeof(*pk));
    pk->in = *ps->p++ == '<';
    pk->proto = PS_TCP;
    pk->sport = pk->dport = pk->doff = pk->ip.ttl = pk->ip.tos = pk->ip.ecn = pk->ip.gso = -1;
    pk->ip.flow_label = -1;
    if (lex_take(ps, '@')) {
        if (!lex_number(ps, PS_FLOWS - 1, &v, "the number of a flow")) {
            return false;
        }
        pk->flow = (int)v;
    }
    if (!ip_prefix(ps, &pk->ip)) {
        return false;
    }
    if (lex_keyword(ps, "udp")) {
        return udp_fields(ps, pk) && packet_tail(ps, pk);
    }
    if (lex_keyword(ps, "icmp")) {
        return icmp_fields(ps, pk) && packet_tail(ps, pk);
    }
    return tcp_flags(ps, &pk->flags) && tcp_fields(ps, pk) && packet_tail(ps, pk);
}
