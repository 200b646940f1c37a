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
#include "host/labfile_reader.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISTAKES_MAX 20
#define SECTION_MAX_CHARS 48 /* inih cuts longer names off */
#define SECTIONS "[lab], [host NAME], [link NAME] or [switch NAME]"

/* ---- building ---- */

int labfile_new(const char *name, struct labfile **ret_file) {
    struct labfile *file = calloc(1, sizeof(*file));

    if (file == NULL) {
        return -ENOMEM;
    }
    snprintf(file->name, sizeof(file->name), "%s", name);
    file->wait_ns = LABFILE_WAIT_NS;
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
    labfile_conf_init(host);
    return (int)file->hosts_n++;
}

int labfile_link_add(struct labfile *file, const char *name) {
    if (file->links_n == LABFILE_LINKS_MAX) {
        return -ENOSPC;
    }
    struct labfile_link *link = &file->links[file->links_n];

    snprintf(link->name, sizeof(link->name), "%s", name);
    link->mtu_bytes = 1500;
    link->domain = (int)file->links_n;
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

int labfile_port_of(const struct labfile_host *h, const struct inl_addr *addr) {
    for (unsigned p = 0; p < h->ports_n; p++) {
        for (unsigned a = 0; a < h->ports[p].addrs_n; a++) {
            const struct labfile_addr *own = &h->ports[p].addrs[a];
            unsigned bits = own->prefix_len_bits + (inl_addr_is4(&own->addr) ? 96 : 0);

            if (inl_addr_is4(&own->addr) == inl_addr_is4(addr) &&
                inl_addr_match(&own->addr, addr, bits)) {
                return (int)p;
            }
        }
    }
    return -1;
}

int labfile_find_host(const struct labfile *file, const char *name) {
    for (unsigned i = 0; i < file->hosts_n; i++) {
        if (strcmp(file->hosts[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

int labfile_find_link(const struct labfile *file, const char *name) {
    for (unsigned i = 0; i < file->links_n; i++) {
        if (strcmp(file->links[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- mistakes ---- */

void labfile_mistake(struct reader *r, unsigned line, const char *found, const char *expected) {
    if (r->mistakes < MISTAKES_MAX) {
        fprintf(stderr, "%s:%u: found \"%s\", expected %s\n", r->path, line, found, expected);
    } else if (r->mistakes == MISTAKES_MAX) {
        fprintf(stderr, "%s: and more\n", r->path);
    }
    r->mistakes++;
}

char *labfile_trim(char *s) {
    while (isspace((unsigned char)*s)) {
        s++;
    }
    size_t len = strlen(s);

    while (len > 0 && isspace((unsigned char)s[len - 1])) {
        s[--len] = '\0';
    }
    return s;
}

bool labfile_is_domain(const char *name) {
    size_t label = 0;

    for (const char *p = name; *p != '\0'; p++) {
        bool dot = *p == '.';

        label = dot ? 0 : label + 1;
        if (label > 63 || (dot && (p == name || p[1] == '.' || p[1] == '\0')) ||
            !(isalnum((unsigned char)*p) || *p == '-' || *p == '_' || dot)) {
            return false;
        }
    }
    return label > 0;
}

bool labfile_is_name(const char *name) {
    size_t len = strlen(name);

    return len > 0 && len < LABFILE_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == len;
}

/* ---- sections ---- */

/* Finds or adds: -ENOSPC. */
static int switch_index(struct labfile *file, const char *name) {
    for (unsigned i = 0; i < file->switches_n; i++) {
        if (strcmp(file->switches[i].name, name) == 0) {
            return (int)i;
        }
    }
    if (file->switches_n == LABFILE_SWITCHES_MAX) {
        return -ENOSPC;
    }
    snprintf(file->switches[file->switches_n].name, LABFILE_NAME_MAX, "%s", name);
    return (int)file->switches_n++;
}

static int host_index(struct labfile *file, const char *name) {
    int at = labfile_find_host(file, name);

    return at < 0 ? labfile_host_add(file, name) : at;
}

static int link_index(struct labfile *file, const char *name) {
    int at = labfile_find_link(file, name);

    return at < 0 ? labfile_link_add(file, name) : at;
}

/* Finds or adds a named section: its index or -1. */
static int section_index(struct reader *r, unsigned line, const char *name,
                         int (*find)(struct labfile *file, const char *name)) {
    if (!labfile_is_name(name)) {
        labfile_mistake(r, line, name,
                        "a name of letters, digits, '_', '-' and '.', at most 31 long");
        return -1;
    }
    int at = find(r->file, name);

    if (at < 0) {
        labfile_mistake(r, line, name, "at most 64 hosts, 64 links and 16 switches");
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
        r->index = section_index(r, line, name + 5, host_index);
        r->section = r->index >= 0 ? SECTION_HOST : SECTION_BAD;
    } else if (strncmp(name, "link ", 5) == 0) {
        r->index = section_index(r, line, name + 5, link_index);
        r->section = r->index >= 0 ? SECTION_LINK : SECTION_BAD;
    } else if (strncmp(name, "switch ", 7) == 0) {
        r->index = section_index(r, line, name + 7, switch_index);
        r->section = r->index >= 0 ? SECTION_SWITCH : SECTION_BAD;
    } else {
        labfile_mistake(r, line, name, "a section: " SECTIONS);
    }
}

/* inih's handler: a key, or the empty key behind a section. */
static int on_key(void *ctx, const char *section, const char *key, const char *value) {
    struct reader *r = ctx;

    if (key[0] != '\0') {
        labfile_read_key(r, r->line, key, value);
    } else {
        char name[LINE_MAX_BYTES];

        snprintf(name, sizeof(name), "%s", section);
        begin_section(r, r->line, labfile_trim(name));
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
        labfile_mistake(r, r->line, s, "[section], key = value, or # comment");
        return false;
    }
    r->section = SECTION_BAD; /* until it turns out to be a good one */
    if (strchr(s, ']') != s + len - 1) {
        labfile_mistake(r, r->line, s, "[section], key = value, or # comment");
        return false;
    }
    if (len - 2 > SECTION_MAX_CHARS) {
        labfile_mistake(r, r->line, s, "a section: " SECTIONS ", with a NAME at most 31 long");
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
            labfile_mistake(r, r->line + 1, "a very long line", "at most 510 characters in a line");
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
        labfile_mistake(r, r->line, "a NUL byte", "text");
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
    char *s = labfile_trim(buf);

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
        int err = errno;

        fprintf(stderr, "%s: %s\n", r->path, strerror(err));
        return -err;
    }
    return bad < 0 ? -ENOMEM : 0;
}

/* ---- references ---- */

/* Is a gateway on a link of its host? */
static bool reachable(const struct labfile_host *h, const struct inl_addr *gateway) {
    return labfile_port_of(h, gateway) >= 0 || (inl_addr_is_link_local(gateway) && h->ports_n == 1);
}

/* Are the links of switches there, and does no second way lead between two of them? */
static void check_switches(struct reader *r) {
    struct labfile_link *links = r->file->links;

    for (unsigned s = 0; s < r->file->switches_n; s++) {
        struct labfile_switch *sw = &r->file->switches[s];

        for (unsigned i = 0; i < sw->links_n; i++) {
            int at = labfile_find_link(r->file, sw->links[i]);

            sw->link_index[i] = at;
            if (at < 0) {
                labfile_mistake(r, sw->line, sw->links[i], "the name of a link");
                return;
            }
            int first = links[sw->link_index[0]].domain, joined = links[at].domain;

            if (i > 0 && joined == first) {
                labfile_mistake(r, sw->line, sw->links[i],
                                "a link that no other way leads to: frames would run in a circle");
                return;
            }
            for (unsigned k = 0; k < r->file->links_n; k++) {
                links[k].domain = links[k].domain == joined ? first : links[k].domain;
            }
        }
    }
}

static void check_references(struct reader *r) {
    check_switches(r);
    for (unsigned i = 0; i < r->file->hosts_n; i++) {
        struct labfile_host *h = &r->file->hosts[i];

        for (unsigned p = 0; p < h->ports_n; p++) {
            h->ports[p].link_index = labfile_find_link(r->file, h->ports[p].link);
            if (h->ports[p].link_index < 0) {
                labfile_mistake(r, h->ports[p].line, h->ports[p].link,
                                LABFILE_HOST_KEYS
                                ", or the name of a link (no [link] section has it)");
            }
        }
        labfile_conf_check(r, h);
        for (unsigned k = 0; k < h->routes_n; k++) {
            if (h->routes[k].kind == INL_ROUTE_UNICAST && !reachable(h, &h->routes[k].gateway)) {
                char text[INL_ADDR_TEXT_MAX] = "?";

                inl_addr_format(&h->routes[k].gateway, text, sizeof(text));
                labfile_mistake(r, h->routes[k].line, text,
                                "a gateway on one of the host's own links");
            }
        }
    }
    if (r->file->hosts_n == 0 && r->mistakes == 0) {
        labfile_mistake(r, 1, "no host", "at least one section [host NAME]");
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
