/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counters.c - the machine's counters, by their MIB names, as /proc/net lists them
 *
 * snmp and netstat have pairs of lines, "Ip: NAME..." and "Ip: VALUE..."; snmp6 has a line for each,
 * of an interface, too (dev_snmp6). A name is printed with its group before it, as nstat does:
 * IpInReceives, TcpExtTCPTimeouts.
 */
#include "tools/common/out.h"
#include "tools/netstat/netstat.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_counter(const struct netstat_options *o, const char *link, const char *group,
                          const char *name, const char *text) {
    int64_t value = strtoll(text, NULL, 10); /* TcpMaxConn is -1 */
    char full[96];

    if (text[0] != '-') {
        value = (int64_t)strtoull(text, NULL, 10);
    }
    if (value == 0 && !o->all) {
        return;
    }
    snprintf(full, sizeof(full), "%s%s", group, name);
    if (o->json) {
        out_json(json_pack("{s:s, s:n, s:o, s:s, s:I}", "type", "counter", "host", "link",
                           link != NULL ? out_json_text(link) : json_null(), "name", full, "value",
                           (json_int_t)value));
    } else {
        printf("    %-40s %12" PRId64 "\n", full, value);
    }
}

/* A line of names and one of values. */
static void print_pair(const struct netstat_options *o, char *names, char *values) {
    char *name_rest, *value_rest;
    char *group = strtok_r(names, ": \n", &name_rest);
    const char *same = strtok_r(values, ": \n", &value_rest);

    if (group == NULL || same == NULL || strcmp(group, same) != 0) {
        return;
    }
    for (;;) {
        const char *name = strtok_r(NULL, " \n", &name_rest);
        const char *value = strtok_r(NULL, " \n", &value_rest);

        if (name == NULL || value == NULL) {
            return;
        }
        print_counter(o, NULL, group, name, value);
    }
}

static int print_pairs(const struct netstat_options *o, const char *path) {
    FILE *f = fopen(path, "re");
    char *names = NULL, *values = NULL;
    size_t names_cap = 0, values_cap = 0;

    if (f == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    while (getline(&names, &names_cap, f) > 0 && getline(&values, &values_cap, f) > 0) {
        print_pair(o, names, values);
    }
    free(names);
    free(values);
    fclose(f);
    return 0;
}

static int print_singles(const struct netstat_options *o, const char *path, const char *link) {
    FILE *f = fopen(path, "re");
    char line[160];

    if (f == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        char *rest;
        const char *name = strtok_r(line, " \t\n", &rest);
        const char *value = strtok_r(NULL, " \t\n", &rest);

        if (name != NULL && value != NULL && strcmp(name, "ifIndex") != 0) {
            print_counter(o, link, "", name, value);
        }
    }
    fclose(f);
    return 0;
}

/* Of each interface, what the kernel counts for it alone: IPv6. */
static int print_links(const struct netstat_options *o) {
    DIR *dir = opendir("/proc/net/dev_snmp6");
    const struct dirent *entry;
    int err = 0;

    if (dir == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    while (err == 0 && (entry = readdir(dir)) != NULL) {
        char path[32 + sizeof(entry->d_name)];

        if (entry->d_name[0] == '.') {
            continue;
        }
        if (!o->json) {
            printf("%s:\n", entry->d_name);
        }
        snprintf(path, sizeof(path), "/proc/net/dev_snmp6/%s", entry->d_name);
        err = print_singles(o, path, entry->d_name);
    }
    closedir(dir);
    return err;
}

int print_machine_counters(const struct netstat_options *o) {
    int err = 0;

    if (o->info) {
        return print_links(o);
    }
    if (o->four || !o->six) {
        err = print_pairs(o, "/proc/net/snmp");
    }
    if (err == 0 && (o->four || !o->six)) {
        err = print_pairs(o, "/proc/net/netstat");
    }
    return err < 0 || (o->four && !o->six) ? err : print_singles(o, "/proc/net/snmp6", NULL);
}
