/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - packetscript: runs packet scripts, each in all its variants
 *
 * usage: packetscript [-v] [-1] [-g] [-r] FILE|FOLDER...
 *
 * A script about TCP runs over IPv4 with the remote side's initial sequence number at 0 and just
 * before both places where sequence arithmetic can go wrong (2^31, 2^32), the same for our own
 * number, with another secret, over IPv6, and over IPv4 on IPv6 sockets. Other scripts run once for
 * each kind of IP.
 * "--ip_version=" and "--isn=" in a script reduce that to what they name.
 *
 * Exit status: 0 all passed, 1 a script failed or could not be read, 2 wrong usage.
 */
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BEFORE_WRAP 0xffffff00u
#define BEFORE_SIGN 0x7fffff00u

struct totals {
    unsigned scripts, runs, failed;
    unsigned missed;  /* our initial sequence number did not follow the clock */
    unsigned guessed; /* it did not depend on the secret */
};

static bool verbose, only_first;
static enum ps_gso gso;
static bool rest;

static const char *setting_of(const struct ps_script *s, const char *name) {
    for (unsigned i = 0; i < s->nsettings; i++) {
        if (strcmp(s->settings[i].name, name) == 0) {
            return s->settings[i].value;
        }
    }
    return NULL;
}

static bool has_tcp(const struct ps_script *s) {
    for (unsigned i = 0; i < s->nevents; i++) {
        if (s->events[i].kind == PS_PACKET && s->events[i].u.packet.proto == PS_TCP) {
            return true;
        }
    }
    return false;
}

static unsigned variants(const struct ps_script *s, struct ps_variant v[10]) {
    static const char *const names[] = {"ipv4", "ipv6", "ipv4-mapped-ipv6"};
    const char *version = setting_of(s, "ip_version");
    const char *isn = setting_of(s, "isn");
    unsigned n = 0;

    for (int ip = 0; ip < 3; ip++) {
        if (version && strcmp(version, names[ip]) != 0) {
            continue;
        }
        v[n++] = (struct ps_variant){.ip = (enum ps_ip_version)ip,
                                     .remote_isn = isn ? (uint32_t)strtoul(isn, NULL, 0) : 0};
        if (!has_tcp(s) || isn || ip == PS_MAPPED) {
            continue;
        }
        v[n++] = (struct ps_variant){.ip = (enum ps_ip_version)ip, .remote_isn = BEFORE_WRAP};
        v[n++] = (struct ps_variant){.ip = (enum ps_ip_version)ip, .remote_isn = BEFORE_SIGN};
    }
    return n;
}

static const char *variant_name(const struct ps_variant *v, char buf[96]) {
    static const char *const names[] = {"IPv4", "IPv6", "IPv4 on IPv6 sockets"};

    snprintf(buf, 96, "%s, remote ISN 0x%08x%s", names[v->ip], v->remote_isn,
             v->shift_local    ? ", local ISN near a wrap"
             : v->other_secret ? ", another secret"
                               : "");
    return buf;
}

/* 1: ran and our ISN is known, 0: ran, -1: failed */
static int run_one(const struct ps_script *s, const struct ps_variant *v, struct totals *t,
                   uint32_t *ret_isn) {
    static char report[16384];
    struct ps_options opt = {.verbose = verbose,
                             .mtu = 1500,
                             .bind_port = 8080,
                             .connect_port = 8080,
                             .gso = gso,
                             .rest = rest};
    char name[96];
    int rc;

    if (verbose) {
        printf("%s (%s)\n", s->file, variant_name(v, name));
    }
    rc = ps_run(s, v, &opt, report, sizeof(report), ret_isn);
    t->runs++;
    if (rc < 0) {
        t->failed++;
        printf("FAIL %s (%s)\n%s", s->file, variant_name(v, name), report);
    }
    return rc;
}

/* The variants of our own initial number need one run to learn it (see set_up() in run.c). */
static bool run_shifted(const struct ps_script *s, const struct ps_variant *first, uint32_t isn,
                        struct totals *t) {
    static const uint32_t targets[] = {BEFORE_WRAP, BEFORE_SIGN};

    for (int i = 0; i < 2; i++) {
        struct ps_variant v = *first;
        uint32_t got = isn;

        v.shift_local = true;
        v.local_isn = targets[i] - isn;
        if (run_one(s, &v, t, &got) < 0) {
            return false;
        }
        if (got != targets[i]) {
            t->missed++;
        }
    }
    return true;
}

/* With another secret our number must be another one (RFC 9293 MUST-9); all else is the same. */
static bool run_other_secret(const struct ps_script *s, const struct ps_variant *first,
                             uint32_t isn, struct totals *t) {
    struct ps_variant v = *first;
    uint32_t got = isn;

    v.other_secret = true;
    if (run_one(s, &v, t, &got) < 0) {
        return false;
    }
    t->guessed += got == isn;
    return true;
}

static void run_script(const struct ps_script *s, struct totals *t) {
    struct ps_variant v[10];
    unsigned n = variants(s, v);
    uint32_t isn = 0;

    t->scripts++;
    if (n == 0) {
        printf("FAIL %s: --ip_version is none of ipv4, ipv6, ipv4-mapped-ipv6\n", s->file);
        t->failed++;
    }
    for (unsigned i = 0; i < n; i++) {
        int rc = run_one(s, &v[i], t, &isn);

        if (rc < 0 || only_first) {
            return; /* the other variants would say the same again */
        }
        if (i == 0 && rc == 1 &&
            (!run_shifted(s, &v[0], isn, t) || !run_other_secret(s, &v[0], isn, t))) {
            return;
        }
    }
}

static char *read_file(const char *path) {
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t n = 0;

    if (!f) {
        return NULL;
    }
    for (;;) {
        char *more = realloc(text, n + 4097);
        size_t got;

        if (!more) {
            break;
        }
        text = more;
        got = fread(text + n, 1, 4096, f);
        n += got;
        text[n] = '\0';
        if (got == 0) {
            break;
        }
    }
    fclose(f);
    return text;
}

static void run_file(const char *path, struct totals *t) {
    char *text = read_file(path);
    struct ps_script s;
    char err[400];

    if (!text) {
        printf("FAIL %s: cannot be read: %s\n", path, strerror(errno));
        t->failed++;
        return;
    }
    if (ps_parse(path, text, &s, err, sizeof(err)) != 0) {
        printf("FAIL %s\n", err);
        t->failed++;
    } else {
        run_script(&s, t);
    }
    ps_script_free(&s);
    free(text);
}

static int visible(const struct dirent *d) {
    return d->d_name[0] != '.';
}

static void run_path(const char *path, struct totals *t, unsigned depth) {
    struct stat st;
    struct dirent **list;
    int n;

    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        run_file(path, t);
        return;
    }
    n = depth < 8 ? scandir(path, &list, visible, alphasort) : -1;
    if (n < 0) {
        printf("FAIL %s: cannot be read\n", path);
        t->failed++;
        return;
    }
    for (int i = 0; i < n; i++) {
        char sub[1024];
        size_t len = strlen(list[i]->d_name);

        snprintf(sub, sizeof(sub), "%s/%s", path, list[i]->d_name);
        if ((stat(sub, &st) == 0 && S_ISDIR(st.st_mode)) ||
            (len > 4 && strcmp(list[i]->d_name + len - 4, ".pkt") == 0)) {
            run_path(sub, t, depth + 1);
        }
        free(list[i]);
    }
    free(list);
}

int main(int argc, char **argv) {
    struct totals t = {0};
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-v") == 0) {
            verbose = true;
        } else if (strcmp(argv[i], "-1") == 0) {
            only_first = true;
        } else if (strcmp(argv[i], "-g") == 0) {
            gso = PS_GSO_CUT;
        } else if (strcmp(argv[i], "-r") == 0) {
            rest = true;
        } else {
            break;
        }
    }
    if (i == argc || argv[i][0] == '-') {
        fprintf(stderr, "usage: packetscript [-v] [-1] [-g] FILE|FOLDER...\n"
                        "  -v  print every packet and call\n"
                        "  -1  run only the first variant of each script\n"
                        "  -g  the link cuts segments larger than the MTU: nothing may change\n"
                        "  -r  connections go to rest as soon as they can: the same\n");
        return 2;
    }
    for (; i < argc; i++) {
        run_path(argv[i], &t, 0);
    }
    if (t.scripts == 0) {
        printf("FAIL no script was found\n");
        t.failed++;
    }
    if (t.missed) {
        printf("FAIL in %u runs our initial sequence number did not follow the clock as RFC 6528 "
               "says\n",
               t.missed);
        t.failed += t.missed;
    }
    if (t.guessed) {
        printf("FAIL in %u runs our initial sequence number was the same with another secret\n",
               t.guessed);
        t.failed += t.guessed;
    }
    printf("%u scripts, %u runs, %u failed\n", t.scripts, t.runs, t.failed);
    return t.failed ? 1 : 0;
}
