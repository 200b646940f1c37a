/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.c - errors of ICMP in words, and as the marks that traceroute has for them
 *
 * The words are those that ping has said for thirty years: scripts look for them.
 */
#include "tools/probe/words.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void say_unreach4(uint8_t code, uint32_t info, char buf[WORDS_MAX]) {
    static const char *const words[] = {
        "Destination Net Unreachable",
        "Destination Host Unreachable",
        "Destination Protocol Unreachable",
        "Destination Port Unreachable",
        "Frag needed and DF set",
        "Source Route Failed",
        "Destination Net Unknown",
        "Destination Host Unknown",
        "Source Host Isolated",
        "Destination Net Prohibited",
        "Destination Host Prohibited",
        "Destination Net Unreachable for Type of Service",
        "Destination Host Unreachable for Type of Service",
        "Packet filtered",
        "Precedence Violation",
        "Precedence Cutoff",
    };

    if (code == ICMP_FRAG_NEEDED) {
        snprintf(buf, WORDS_MAX, "%s (mtu = %u)", words[code], info);
    } else if (code < N(words)) {
        snprintf(buf, WORDS_MAX, "%s", words[code]);
    } else {
        snprintf(buf, WORDS_MAX, "Dest Unreachable, Bad Code: %u", code);
    }
}

static void say_redirect(uint8_t code, uint32_t info, char buf[WORDS_MAX]) {
    static const char *const what[] = {"Network", "Host", "Type of Service and Network",
                                       "Type of Service and Host"};

    if (code >= N(what)) {
        snprintf(buf, WORDS_MAX, "Redirect, Bad Code: %u", code);
        return;
    }
    snprintf(buf, WORDS_MAX, "Redirect %s(New nexthop: %u.%u.%u.%u)", what[code], info >> 24,
             info >> 16 & 255, info >> 8 & 255, info & 255);
}

static const char *const exceeded4[] = {"Time to live exceeded", "Frag reassembly time exceeded"};
static const char *const exceeded6[] = {"Hop limit", "Defragmentation failure"};

static void say4(uint8_t type, uint8_t code, uint32_t info, char buf[WORDS_MAX]) {
    switch (type) {
    case ICMP_DEST_UNREACH:
        say_unreach4(code, info, buf);
        break;
    case ICMP_SOURCE_QUENCH:
        snprintf(buf, WORDS_MAX, "Source Quench");
        break;
    case ICMP_REDIRECT:
        say_redirect(code, info, buf);
        break;
    case ICMP_TIME_EXCEEDED:
        if (code < N(exceeded4)) {
            snprintf(buf, WORDS_MAX, "%s", exceeded4[code]);
        } else {
            snprintf(buf, WORDS_MAX, "Time exceeded, Bad Code: %u", code);
        }
        break;
    case ICMP_PARAMETERPROB:
        snprintf(buf, WORDS_MAX, "Parameter problem: pointer = %u", info);
        break;
    default:
        snprintf(buf, WORDS_MAX, "Bad ICMP type: %u", type);
    }
}

static void say6(uint8_t type, uint8_t code, uint32_t info, char buf[WORDS_MAX]) {
    static const char *const unreach[] = {"No route",
                                          "Administratively prohibited",
                                          "Beyond scope of source address",
                                          "Address unreachable",
                                          "Port unreachable",
                                          "Source address failed ingress/egress policy",
                                          "Reject route to destination"};
    static const char *const problem[] = {"Wrong header field", "Unknown header", "Unknown option",
                                          "Incomplete header chain"};

    switch (type) {
    case ICMP6_DST_UNREACH:
        if (code < N(unreach)) {
            snprintf(buf, WORDS_MAX, "Destination unreachable: %s", unreach[code]);
        } else {
            snprintf(buf, WORDS_MAX, "Destination unreachable: Unknown code %u", code);
        }
        break;
    case ICMP6_PACKET_TOO_BIG:
        snprintf(buf, WORDS_MAX, "Packet too big: mtu=%u", info);
        break;
    case ICMP6_TIME_EXCEEDED:
        if (code < N(exceeded6)) {
            snprintf(buf, WORDS_MAX, "Time exceeded: %s", exceeded6[code]);
        } else {
            snprintf(buf, WORDS_MAX, "Time exceeded: code %u", code);
        }
        break;
    case ICMP6_PARAM_PROB:
        snprintf(buf, WORDS_MAX, "Parameter problem: %s at position %u",
                 code < N(problem) ? problem[code] : "Unknown code", info);
        break;
    default:
        snprintf(buf, WORDS_MAX, "Unknown ICMP type: %u", type);
    }
}

void words_icmp(bool v6, uint8_t type, uint8_t code, uint32_t info, char buf[WORDS_MAX]) {
    if (v6) {
        say6(type, code, info, buf);
    } else {
        say4(type, code, info, buf);
    }
}

bool words_is_on_the_way(bool v6, uint8_t type, uint8_t code) {
    return code == 0 && type == (v6 ? ICMP6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED);
}

bool words_is_closed(bool v6, uint8_t type, uint8_t code) {
    return v6 ? type == ICMP6_DST_UNREACH && code == ICMP6_DST_UNREACH_NOPORT
              : type == ICMP_DEST_UNREACH && code == ICMP_PORT_UNREACH;
}

bool words_is_too_big(bool v6, uint8_t type, uint8_t code) {
    return v6 ? type == ICMP6_PACKET_TOO_BIG
              : type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED;
}

static const char *mark_of(bool v6, uint8_t type, uint8_t code) {
    static const char *const marks4[] = {
        [ICMP_NET_UNREACH] = "!N",  [ICMP_HOST_UNREACH] = "!H",   [ICMP_PROT_UNREACH] = "!P",
        [ICMP_PORT_UNREACH] = "",   [ICMP_SR_FAILED] = "!S",      [ICMP_NET_UNKNOWN] = "!N",
        [ICMP_HOST_UNKNOWN] = "!H", [ICMP_NET_ANO] = "!X",        [ICMP_HOST_ANO] = "!X",
        [ICMP_PKT_FILTERED] = "!X", [ICMP_PREC_VIOLATION] = "!V", [ICMP_PREC_CUTOFF] = "!C",
    };
    static const char *const marks6[] = {"!N", "!X", "!S", "!H", "", "!X", "!X"};
    size_t n = v6 ? N(marks6) : N(marks4);

    if (type != (v6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH) || code >= n) {
        return NULL;
    }
    return v6 ? marks6[code] : marks4[code];
}

void words_mark(bool v6, uint8_t type, uint8_t code, uint32_t info, char buf[WORDS_MARK_MAX]) {
    const char *mark = mark_of(v6, type, code);

    if (mark != NULL || words_is_on_the_way(v6, type, code)) {
        snprintf(buf, WORDS_MARK_MAX, "%s", mark != NULL ? mark : "");
    } else if (words_is_too_big(v6, type, code)) {
        snprintf(buf, WORDS_MARK_MAX, "!F-%u", info & 0xffffff);
    } else if (type == (v6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH)) {
        snprintf(buf, WORDS_MARK_MAX, "!%u", code);
    } else {
        snprintf(buf, WORDS_MARK_MAX, "!<%u-%u>", type, code);
    }
}
