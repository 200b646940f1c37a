/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl.c - settings that Linux's scripts make by sysctl, read before the stack starts
 *
 * Scripts run shell commands that write files below /proc/sys/net; whatever they say at the first
 * call that needs the stack becomes its configuration (sysctl_map.h). A file that does not exist,
 * or that says nothing that this stack has, such as an algorithm of another name, changes
 * nothing.
 */
#include "packetdrill/plug.h"
#include "packetdrill/sysctl_map.h"

#include <stdio.h>
#include <string.h>

/* "ipv4.tcp_sack" is the file net/ipv4/tcp_sack. */
static void path_of(const struct plug *p, const char *name, char *path, size_t cap) {
    snprintf(path, cap, "%s/net/%s", p->sysctl_root, name);
    for (char *dot = path + strlen(p->sysctl_root); *dot; dot++) {
        *dot = *dot == '.' ? '/' : *dot;
    }
}

void plug_sysctls(struct plug *p) {
    const char *name;

    for (unsigned i = 0; (name = sysctl_name(i)) != NULL; i++) {
        char path[300];
        char value[128] = "";
        FILE *f;

        path_of(p, name, path, sizeof(path));
        f = fopen(path, "re");
        if (!f) {
            continue;
        }
        if (fgets(value, sizeof(value), f)) {
            sysctl_apply(&p->config, name, value);
        }
        fclose(f);
    }
}
