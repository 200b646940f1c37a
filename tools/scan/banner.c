/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * banner.c - what a program says of itself when one connects
 *
 * Many protocols begin with a line of the server: SSH (RFC 4253 4.2), FTP and SMTP (RFC 959, 5321:
 * "220 "), POP3 (RFC 1939: "+OK"), IMAP (RFC 3501: "* OK"), RFB, MySQL (a packet of its version 10).
 * Others answer the request for a page, HTTP (RFC 9110 10.2.4: Server). What comes may be
 * anything: nothing here trusts it, and who prints it cleans it.
 */
#include "tools/scan/banner.h"

#include "base/rd.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Copies up to the end of the line. */
static void copy_line(const uint8_t *p, size_t n, char *to, size_t cap) {
    size_t len = 0;

    while (len < n && len + 1 < cap && p[len] != '\r' && p[len] != '\n') {
        to[len] = p[len] != '\0' ? (char)p[len] : ' ';
        len++;
    }
    to[len] = '\0';
}

static bool begins(const uint8_t *data, size_t n, const char *with) {
    return n >= strlen(with) && memcmp(data, with, strlen(with)) == 0;
}

static bool line_has(const uint8_t *data, size_t n, const char *word) {
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= n && data[i] != '\n'; i++) {
        if (strncasecmp((const char *)data + i, word, len) == 0) {
            return true;
        }
    }
    return false;
}

/* The value of a header of HTTP, before the empty line. */
static void find_server(const uint8_t *data, size_t n, struct version *ret) {
    static const char name[] = "\nserver:";
    size_t len = sizeof(name) - 1;

    for (size_t i = 0; i + len <= n; i++) {
        if (strncasecmp((const char *)data + i, name, len) == 0) {
            i += len;
            while (i < n && (data[i] == ' ' || data[i] == '\t')) {
                i++;
            }
            copy_line(data + i, n - i, ret->product, sizeof(ret->product));
            return;
        }
    }
}

/* Handshake of MySQL: length (3), number 0, version 10, text. */
static bool find_mysql(const uint8_t *data, size_t n, struct version *ret) {
    struct rd r = rd_init(data, n);

    rd_skip(&r, 3);
    uint8_t number = rd_u8(&r);
    uint8_t version = rd_u8(&r);

    if (number != 0 || version != 10 || rd_left(&r) == 0 || *rd_ptr(&r) < '0' ||
        *rd_ptr(&r) > '9') {
        return false;
    }
    const uint8_t *text = rd_ptr(&r);
    const uint8_t *end = memchr(text, '\0', rd_left(&r));

    if (end != NULL) {
        copy_line(text, (size_t)(end - text), ret->product, sizeof(ret->product));
    }
    return end != NULL;
}

static void set(struct version *v, const char *service) {
    snprintf(v->service, sizeof(v->service), "%s", service);
}

static void product_from(const uint8_t *data, size_t n, size_t skip, struct version *v) {
    skip = skip < n ? skip : n;
    copy_line(data + skip, n - skip, v->product, sizeof(v->product));
}

void banner_read(const uint8_t *data, size_t n, struct version *ret) {
    ret->service[0] = ret->product[0] = '\0';
    copy_line(data, n, ret->banner, sizeof(ret->banner));
    if (begins(data, n, "SSH-")) {
        const uint8_t *dash = n > 4 ? memchr(data + 4, '-', n - 4) : NULL;

        set(ret, "ssh");
        product_from(data, n, dash != NULL ? (size_t)(dash - data) + 1 : 4, ret);
    } else if (begins(data, n, "HTTP/")) {
        set(ret, "http");
        find_server(data, n, ret);
    } else if (begins(data, n, "220")) {
        set(ret, line_has(data, n, "smtp") ? "smtp" : line_has(data, n, "ftp") ? "ftp" : "");
        product_from(data, n, 4, ret);
    } else if (begins(data, n, "+OK")) {
        set(ret, "pop3");
        product_from(data, n, 4, ret);
    } else if (begins(data, n, "* OK")) {
        set(ret, "imap");
        product_from(data, n, 5, ret);
    } else if (begins(data, n, "RFB ")) {
        set(ret, "vnc");
        product_from(data, n, 0, ret);
    } else if (find_mysql(data, n, ret)) {
        set(ret, "mysql");
    }
}
