/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * labfile.c - reads the text form of a lab (labfile.h), which inih takes apart
 *
 * inih fetches its lines from next_line(), which counts them: so each mistake has its line though
 * inih's handler is not told the number. Reading goes on after a mistake, so that all are told at
 * once. What refers to other places (links of hosts, gateways of routes) is checked at the end,
 * with the line where it stood.
 *
 * Three of inih's ways would hide a mistake or a section, so next_line() takes care of them: lines
 * that inih could not read, or would read in a way that labfile.h does not describe ("key: value",
 * words behind a section's bracket), are told and not passed on; comments are cut off, since inih
 * wants a blank before them; and behind each section comes a line with an empty key, for inih
 * speaks of sections only with their keys, and a [link] may have none.
 */
#include "host/labfile.h"

#include "host/dns.h"
#include "host/units.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 512   /* with a line's end and a NUL */
#define SECTION_MAX_CHARS 48 /* inih cuts longer names off */
#define SECTIONS "[lab], [host NAME] or [link NAME]"

enum section { SECTION_NONE, SECTION_BAD, SECTION_LAB, SECTION_HOST, SECTION_LINK };

struct reader {
    struct labfile *file;
    const char *path;
    FILE *stream;
    unsigned line; /* that inih has now */
    unsigned mistakes;
    bool announce;        /* the line was a section: an empty key is next */
    enum section section; /* where the reader is */
    int index;            /* which host or link */
};

/* ---- building ---- */

int labfile_new(const char *name, struct labfile **ret_file) {
    struct labfile *file = calloc(1, sizeof(*file));

    if (file == NULL) {
        return -ENOMEM;
    }
    snprintf(file->name, sizeof(file->name), "%s", name);
    *ret_file = file;
    return 0;
}

void labfile_free(struct labfile *file) {
    free(file);
}

int labfile_host_add(struct labfile *file, const char *name) {
    if (file->hosts_n == LABFILE_HOSTS_MAX) {
        return -ENOSPC;
    }
    struct labfile_host *host = &file->hosts[file->hosts_n];

    snprintf(host->name, sizeof(host->name), "%s", name);
    return (int)file->hosts_n++;
}

int labfile_link_add(struct labfile *file, const char *name) {
    if (file->links_n == LABFILE_LINKS_MAX) {
        return -ENOSPC;
    }
    struct labfile_link *link = &file->links[file->links_n];

    snprintf(link->name, sizeof(link->name), "%s", name);
    link->mtu_bytes = 1500;
    return (int)file->links_n++;
}

int labfile_port_add(struct labfile *file, int host, int link) {
    struct labfile_host *h = &file->hosts[host];

    if (h->ports_n == LABFILE_PORTS_MAX) {
        return -ENOSPC;
    }
    struct labfile_port *port = &h->ports[h->ports_n];

    snprintf(port->link, sizeof(port->link), "%s", link >= 0 ? file->links[link].name : "");
    port->link_index = link;
    return (int)h->ports_n++;
}

int labfile_addr_add(struct labfile *file, int host, int port, const struct inl_addr *addr,
                     unsigned prefix_len_bits) {
    struct labfile_port *p = &file->hosts[host].ports[port];

    if (p->addrs_n == LABFILE_ADDRS_MAX) {
        return -ENOSPC;
    }
    p->addrs[p->addrs_n++] = (struct labfile_addr){*addr, prefix_len_bits};
    return 0;
}

int labfile_default_route_add(struct labfile *file, int host, const struct inl_addr *gateway) {
    struct labfile_host *h = &file->hosts[host];

    if (h->routes_n == LABFILE_ROUTES_MAX) {
        return -ENOSPC;
    }
    struct labfile_route *route = &h->routes[h->routes_n++];

    route->dst.addr = inl_addr_is4(gateway) ? inl_addr_any4() : inl_addr_any6();
    route->dst.prefix_len_bits = 0;
    route->gateway = *gateway;
    return 0;
}

int labfile_find_host(const struct labfile *file, const char *name) {
    for (unsigned i = 0; i < file->hosts_n; i++) {
        if (strcmp(file->hosts[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int find_link(const struct labfile *file, const char *name) {
    for (unsigned i = 0; i < file->links_n; i++) {
        if (strcmp(file->links[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- mistakes ---- */

static void mistake(struct reader *r, unsigned line, const char *found, const char *expected) {
    fprintf(stderr, "%s:%u: found \"%s\", expected %s\n", r->path, line, found, expected);
    r->mistakes++;
}

/* Cuts surrounding blanks off in place. */
static char *trim(char *s) {
    while (isspace((unsigned char)*s)) {
        s++;
    }
    size_t len = strlen(s);

    while (len > 0 && isspace((unsigned char)s[len - 1])) {
        s[--len] = '\0';
    }
    return s;
}

static bool is_name(const char *name) {
    size_t len = strlen(name);

    return len > 0 && len < LABFILE_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == len;
}

/* ---- [lab] ---- */

static void read_nameserver(struct reader *r, unsigned line, const char *value) {
    r->file->has_dns = true;
    r->file->dns = (struct inl_sockaddr){0};
    if (strcmp(value, "machine") != 0 && dns_parse_server(value, &r->file->dns) < 0) {
        mistake(r, line, value, "nameserver to be machine, or " DNS_SERVER);
    }
}

static void read_lab(struct reader *r, unsigned line, const char *key, const char *value) {
    if (strcmp(key, "nameserver") == 0) {
        read_nameserver(r, line, value);
        return;
    }
    if (strcmp(key, "seed") != 0) {
        mistake(r, line, key, "one of the keys of [lab]: seed, nameserver");
        return;
    }
    if (units_number(value, UINT64_MAX, &r->file->seed) < 0) {
        mistake(r, line, value, "seed to be a number from 0 to 18446744073709551615");
    }
    r->file->has_seed = true;
}

/* ---- [link NAME] ---- */

static void read_mtu(struct reader *r, unsigned line, const char *value, uint32_t *ret) {
    uint64_t v = 0;

    if (units_number(value, 65535, &v) < 0 || v < 1280) {
        mistake(r, line, value, "mtu to be a number from 1280 to 65535");
        return;
    }
    *ret = (uint32_t)v;
}

static void read_burst(struct reader *r, unsigned line, const char *value, uint32_t *ret) {
    uint64_t v = 0;

    if (units_number(value, 1000, &v) < 0 || v < 1) {
        mistake(r, line, value, "loss-burst to be a number from 1 to 1000");
        return;
    }
    *ret = (uint32_t)v;
}

static void read_tap(struct reader *r, unsigned line, const char *value, char ret[16]) {
    if (!is_name(value) || strlen(value) > 15) {
        mistake(r, line, value, "tap to be the name of a TAP device, at most 15 characters");
        return;
    }
    snprintf(ret, 16, "%s", value);
}

static void read_link(struct reader *r, unsigned line, struct labfile_link *link, const char *key,
                      const char *value) {
    struct inl_impair *im = &link->impair;
    const char *expected = NULL;

    if (strcmp(key, "delay") == 0) {
        expected = units_duration(value, &im->delay_ns) < 0 ? UNITS_DURATION : NULL;
    } else if (strcmp(key, "jitter") == 0) {
        expected = units_duration(value, &im->jitter_ns) < 0 ? UNITS_DURATION : NULL;
    } else if (strcmp(key, "loss") == 0) {
        expected = units_ratio(value, &im->loss_ppm) < 0 ? UNITS_RATIO : NULL;
    } else if (strcmp(key, "loss-burst") == 0) {
        read_burst(r, line, value, &im->loss_burst);
    } else if (strcmp(key, "duplicate") == 0) {
        expected = units_ratio(value, &im->dup_ppm) < 0 ? UNITS_RATIO : NULL;
    } else if (strcmp(key, "reorder") == 0) {
        expected = units_ratio(value, &im->reorder_ppm) < 0 ? UNITS_RATIO : NULL;
    } else if (strcmp(key, "reorder-by") == 0) {
        expected = units_duration(value, &im->reorder_ns) < 0 ? UNITS_DURATION : NULL;
    } else if (strcmp(key, "corrupt") == 0) {
        expected = units_ratio(value, &im->corrupt_ppm) < 0 ? UNITS_RATIO : NULL;
    } else if (strcmp(key, "rate") == 0) {
        expected = units_rate(value, &im->rate_bps) < 0 ? UNITS_RATE : NULL;
    } else if (strcmp(key, "queue") == 0) {
        expected = units_bytes(value, &im->queue_bytes) < 0 ? UNITS_BYTES : NULL;
    } else if (strcmp(key, "ecn-mark") == 0) {
        expected = units_bytes(value, &im->ecn_mark_bytes) < 0 ? UNITS_BYTES : NULL;
    } else if (strcmp(key, "black-hole") == 0) {
        expected = units_bytes(value, &im->black_hole_bytes) < 0 ? UNITS_BYTES : NULL;
    } else if (strcmp(key, "aqm") == 0) {
        im->codel = strcmp(value, "codel") == 0;
        expected = im->codel || strcmp(value, "none") == 0 ? NULL : "codel or none";
    } else if (strcmp(key, "mtu") == 0) {
        read_mtu(r, line, value, &link->mtu_bytes);
    } else if (strcmp(key, "tap") == 0) {
        read_tap(r, line, value, link->tap);
    } else {
        mistake(r, line, key,
                "one of the keys of a [link]: delay, jitter, loss, loss-burst, duplicate, reorder, "
                "reorder-by, corrupt, rate, queue, ecn-mark, black-hole, aqm, mtu, tap");
    }
    if (expected != NULL) {
        char text[128];

        snprintf(text, sizeof(text), "%s to be %s", key, expected);
        mistake(r, line, value, text);
    }
}

/* ---- [host NAME] ---- */

static void read_port(struct reader *r, unsigned line, int host, const char *key,
                      const char *value) {
    struct labfile_host *h = &r->file->hosts[host];
    char buf[LINE_MAX_BYTES];

    for (unsigned i = 0; i < h->ports_n; i++) {
        if (strcmp(h->ports[i].link, key) == 0) {
            mistake(r, line, key, "each link once per host (give all addresses on one line)");
            return;
        }
    }
    int port = labfile_port_add(r->file, host, -1);

    if (port < 0) {
        mistake(r, line, key, "at most 8 links per host");
        return;
    }
    snprintf(h->ports[port].link, sizeof(h->ports[port].link), "%s", key);
    h->ports[port].line = line;
    snprintf(buf, sizeof(buf), "%s", value);
    for (char *rest = buf, *piece; (piece = strsep(&rest, ",")) != NULL;) {
        struct inl_addr addr;
        unsigned len;

        piece = trim(piece);
        if (units_prefix(piece, &addr, &len) < 0) {
            mistake(r, line, piece, UNITS_PREFIX);
        } else if (labfile_addr_add(r->file, host, port, &addr, len) < 0) {
            mistake(r, line, piece, "at most 8 addresses per link");
        }
    }
}

/* "PREFIX via ADDRESS" or "default via ADDRESS" */
static int parse_route(char *text, struct labfile_route *route) {
    char *via = strstr(text, " via ");

    if (via == NULL) {
        return -EINVAL;
    }
    *via = '\0';
    char *dst = trim(text), *gateway = trim(via + 5);

    if (inl_addr_parse(gateway, &route->gateway) < 0) {
        return -EINVAL;
    }
    bool is4 = inl_addr_is4(&route->gateway);

    if (strcmp(dst, "default") == 0) {
        route->dst.addr = is4 ? inl_addr_any4() : inl_addr_any6();
        route->dst.prefix_len_bits = 0;
        return 0;
    }
    if (units_prefix(dst, &route->dst.addr, &route->dst.prefix_len_bits) < 0 ||
        inl_addr_is4(&route->dst.addr) != is4) {
        return -EINVAL;
    }
    struct inl_addr net =
        inl_addr_mask(&route->dst.addr, route->dst.prefix_len_bits + (is4 ? 96 : 0));

    return inl_addr_eq(&net, &route->dst.addr) ? 0 : -EINVAL;
}

static void read_route(struct reader *r, unsigned line, struct labfile_host *h, const char *value) {
    char buf[LINE_MAX_BYTES];

    if (h->routes_n == LABFILE_ROUTES_MAX) {
        mistake(r, line, value, "at most 16 routes per host");
        return;
    }
    struct labfile_route *route = &h->routes[h->routes_n];

    snprintf(buf, sizeof(buf), "%s", value);
    if (parse_route(buf, route) < 0) {
        mistake(r, line, value,
                "route to be like 10.1.0.0/24 via 10.0.0.254 or default via fd00::1 (no bits set "
                "behind the prefix)");
        return;
    }
    route->line = line;
    h->routes_n++;
}

static void read_host(struct reader *r, unsigned line, int host, const char *key,
                      const char *value) {
    struct labfile_host *h = &r->file->hosts[host];

    if (strcmp(key, "forward") == 0) {
        if (units_bool(value, &h->forward) < 0) {
            mistake(r, line, value, "forward to be " UNITS_BOOL);
        }
    } else if (strcmp(key, "name-server") == 0) {
        if (units_bool(value, &h->name_server) < 0) {
            mistake(r, line, value, "name-server to be " UNITS_BOOL);
        }
    } else if (strcmp(key, "route") == 0) {
        read_route(r, line, h, value);
    } else if (is_name(key)) {
        read_port(r, line, host, key, value);
    } else {
        mistake(r, line, key, "the name of a link, forward, name-server or route");
    }
}

/* ---- sections ---- */

/* Finds or adds a named section: its index or -1. */
static int section_index(struct reader *r, unsigned line, const char *name, bool is_host) {
    if (!is_name(name)) {
        mistake(r, line, name, "a name of letters, digits, '_', '-' and '.', at most 31 long");
        return -1;
    }
    int at = is_host ? labfile_find_host(r->file, name) : find_link(r->file, name);

    if (at < 0) {
        at = is_host ? labfile_host_add(r->file, name) : labfile_link_add(r->file, name);
    }
    if (at < 0) {
        mistake(r, line, name, "at most 64 hosts and 64 links");
        return -1;
    }
    return at;
}

/* "[host NAME]": what follows belongs to it. */
static void begin_section(struct reader *r, unsigned line, const char *name) {
    r->section = SECTION_BAD; /* its keys are not looked at */
    if (strcmp(name, "lab") == 0) {
        r->section = SECTION_LAB;
    } else if (strncmp(name, "host ", 5) == 0) {
        r->index = section_index(r, line, name + 5, true);
        r->section = r->index >= 0 ? SECTION_HOST : SECTION_BAD;
    } else if (strncmp(name, "link ", 5) == 0) {
        r->index = section_index(r, line, name + 5, false);
        r->section = r->index >= 0 ? SECTION_LINK : SECTION_BAD;
    } else {
        mistake(r, line, name, "a section: " SECTIONS);
    }
}

static void read_key(struct reader *r, unsigned line, const char *key, const char *value) {
    switch (r->section) {
    case SECTION_LAB:
        read_lab(r, line, key, value);
        break;
    case SECTION_HOST:
        read_host(r, line, r->index, key, value);
        break;
    case SECTION_LINK:
        read_link(r, line, &r->file->links[r->index], key, value);
        break;
    case SECTION_NONE:
        mistake(r, line, key, "a section first: " SECTIONS);
        break;
    case SECTION_BAD:
        break;
    }
}

/* inih's handler: a key, or the empty key behind a section. */
static int on_key(void *ctx, const char *section, const char *key, const char *value) {
    struct reader *r = ctx;

    if (key[0] != '\0') {
        read_key(r, r->line, key, value);
    } else {
        char name[LINE_MAX_BYTES];

        snprintf(name, sizeof(name), "%s", section);
        begin_section(r, r->line, trim(name));
    }
    return 1;
}

/* ---- lines ---- */

/* Does inih read this line (without comment, not empty) as labfile.h has it? Tells if not. */
static bool check_line(struct reader *r, const char *s) {
    size_t len = strlen(s), key_len = strcspn(s, "=:");

    if (s[0] != '[') {
        if (key_len > 0 && s[key_len] == '=') {
            return true;
        }
        mistake(r, r->line, s, "[section], key = value, or # comment");
        return false;
    }
    r->section = SECTION_BAD; /* until it turns out to be a good one */
    if (strchr(s, ']') != s + len - 1) {
        mistake(r, r->line, s, "[section], key = value, or # comment");
        return false;
    }
    if (len - 2 > SECTION_MAX_CHARS) {
        mistake(r, r->line, s, "a section: " SECTIONS ", with a NAME at most 31 long");
        return false;
    }
    return true;
}

/* Reads up to the line's end. False at the file's end, or at a line so long that this is no lab. */
static bool fetch_line(struct reader *r, char *buf, size_t cap) {
    size_t len = 0, nuls = 0;
    int c;

    while ((c = getc(r->stream)) != EOF && c != '\n') {
        if (len == cap - 2) {
            mistake(r, r->line + 1, "a very long line", "at most 510 characters in a line");
            return false;
        }
        nuls += c == '\0';
        buf[len++] = (char)c;
    }
    buf[len] = '\0';
    if (c == EOF && len == 0) {
        return false;
    }
    r->line++;
    if (nuls > 0) {
        mistake(r, r->line, "a NUL byte", "text");
        buf[0] = '\0';
    }
    return true;
}

/* inih's reader: the next line, empty if there is nothing in it for inih. */
static char *next_line(char *buf, int cap, void *ctx) {
    struct reader *r = ctx;

    if (r->announce) {
        r->announce = false;
        snprintf(buf, (size_t)cap, "=");
        return buf;
    }
    if (!fetch_line(r, buf, (size_t)cap)) {
        return NULL;
    }
    buf[strcspn(buf, "#;")] = '\0';
    char *s = trim(buf);

    if (*s != '\0' && !check_line(r, s)) {
        *s = '\0';
    }
    r->announce = *s == '[';
    return buf;
}

static int read_lines(struct reader *r) {
    ini_allow_bom = false;
    ini_allow_multiline = false;
    ini_max_line = LINE_MAX_BYTES;

    int bad = ini_parse_stream(next_line, r, on_key, r);

    if (ferror(r->stream)) {
        fprintf(stderr, "%s: cannot be read\n", r->path);
        return -EIO;
    }
    return bad < 0 ? -ENOMEM : 0;
}

/* ---- references ---- */

/* Is a gateway on a link of its host? */
static bool reachable(const struct labfile_host *h, const struct inl_addr *gateway) {
    for (unsigned p = 0; p < h->ports_n; p++) {
        for (unsigned a = 0; a < h->ports[p].addrs_n; a++) {
            const struct labfile_addr *addr = &h->ports[p].addrs[a];
            unsigned bits = addr->prefix_len_bits + (inl_addr_is4(&addr->addr) ? 96 : 0);

            if (inl_addr_is4(&addr->addr) == inl_addr_is4(gateway) &&
                inl_addr_match(&addr->addr, gateway, bits)) {
                return true;
            }
        }
    }
    return inl_addr_is_link_local(gateway) && h->ports_n == 1;
}

static void check_references(struct reader *r) {
    for (unsigned i = 0; i < r->file->hosts_n; i++) {
        struct labfile_host *h = &r->file->hosts[i];

        for (unsigned p = 0; p < h->ports_n; p++) {
            h->ports[p].link_index = find_link(r->file, h->ports[p].link);
            if (h->ports[p].link_index < 0) {
                mistake(r, h->ports[p].line, h->ports[p].link,
                        "forward, name-server, route, or the name of a link (no [link] section has "
                        "it)");
            }
        }
        for (unsigned k = 0; k < h->routes_n; k++) {
            if (!reachable(h, &h->routes[k].gateway)) {
                char text[INL_ADDR_TEXT_MAX] = "?";

                inl_addr_format(&h->routes[k].gateway, text, sizeof(text));
                mistake(r, h->routes[k].line, text, "a gateway on one of the host's own links");
            }
        }
    }
    if (r->file->hosts_n == 0 && r->mistakes == 0) {
        mistake(r, 1, "no host", "at least one section [host NAME]");
    }
}

static void lab_name(const char *path, char *buf, size_t cap) {
    const char *slash = strrchr(path, '/');

    snprintf(buf, cap, "%s", slash != NULL ? slash + 1 : path);
    char *dot = strrchr(buf, '.');

    if (dot != NULL && dot != buf) {
        *dot = '\0';
    }
}

int labfile_read(const char *path, struct labfile **ret_file) {
    struct reader r = {.path = path, .stream = fopen(path, "re")};
    char name[LABFILE_NAME_MAX];

    if (r.stream == NULL) {
        int err = -errno;

        fprintf(stderr, "%s: %s\n", path, strerror(-err));
        return err;
    }
    lab_name(path, name, sizeof(name));
    int err = labfile_new(name, &r.file);

    if (err == 0) {
        err = read_lines(&r);
    }
    if (err == 0) {
        check_references(&r);
    }
    fclose(r.stream);
    if (err == 0 && r.mistakes > 0) {
        err = -EINVAL;
    }
    if (err < 0) {
        labfile_free(r.file);
        return err;
    }
    *ret_file = r.file;
    return 0;
}
