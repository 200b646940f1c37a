/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * query.c - what is asked: ports, a name, or text
 *
 * No service's name has a slash in it but ports and transports are parted by one (RFC 6335 5.1
 * allows letters, digits and hyphens), so what stands beside a slash is a transport or a mistake.
 */
#include "tools/services/services.h"

#include "tools/common/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const transport_names[TRANSPORTS] = {"tcp", "udp", "sctp", "dccp"};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static uint8_t transport_of(const char *name) {
    for (unsigned i = 0; i < TRANSPORTS; i++) {
        if (strcasecmp(name, transport_names[i]) == 0) {
            return (uint8_t)(1u << i);
        }
    }
    return 0;
}

static bool read_port(const char **p, uint16_t *ret) {
    char *end;
    unsigned long n = strtoul(*p, &end, 10);

    if (!is_digit(**p) || n > 65535) {
        return false;
    }
    *p = end;
    *ret = (uint16_t)n;
    return true;
}

/* "443", "80-90" */
static bool read_ports(const char *p, struct query *q) {
    if (!read_port(&p, &q->low)) {
        return false;
    }
    q->high = q->low;
    if (*p == '-') {
        p++;
        if (!read_port(&p, &q->high) || q->high < q->low) {
            return false;
        }
    }
    return *p == '\0';
}

/* Takes "/udp" away from the end, or "udp/" from the beginning. */
static int take_transport(struct query *q) {
    char *slash = strchr(q->word, '/');

    if (slash == NULL) {
        return 0;
    }
    *slash = '\0';
    uint8_t before = transport_of(q->word), behind = transport_of(slash + 1);

    if (behind != 0 && q->word[0] != '\0') {
        q->transports = behind;
        return 0;
    }
    if (before != 0 && slash[1] != '\0') {
        q->transports = before;
        memmove(q->word, slash + 1, strlen(slash + 1) + 1);
        return 0;
    }
    tool_usage("\"%s/%s\": expected tcp, udp, sctp or dccp beside the slash", q->word, slash + 1);
    return -EINVAL;
}

int query_parse(const char *word, uint8_t transports, bool text, struct query *ret) {
    struct query q = {.kind = text ? QUERY_TEXT : QUERY_NAME, .transports = transports};

    if (word[0] == '\0' || strlen(word) >= sizeof(q.word)) {
        tool_usage("expected a port, a range, a name or a word of at most %zu characters",
                   sizeof(q.word) - 1);
        return -EINVAL;
    }
    snprintf(q.word, sizeof(q.word), "%s", word);
    if (!text && take_transport(&q) < 0) {
        return -EINVAL;
    }
    if (!text && read_ports(q.word, &q)) {
        q.kind = QUERY_PORTS;
    } else if (!text && is_digit(q.word[0]) && q.word[strspn(q.word, "0123456789-")] == '\0') {
        tool_usage("\"%s\" is no port: expected a number from 0 to 65535, or a range like 80-90",
                   word);
        return -EINVAL;
    }
    *ret = q;
    return 0;
}
