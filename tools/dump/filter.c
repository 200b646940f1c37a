/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter.c - which packets are wanted: expressions in the language of libpcap
 */
#include "tools/dump/filter.h"

#include "tools/common/tool.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILTER_FILE_MAX (1u << 20)

char *filter_join(int n, char **words) {
    size_t len = 1;

    for (int i = 0; i < n; i++) {
        len += strlen(words[i]) + 1;
    }
    char *text = malloc(len), *p = text;

    if (text == NULL) {
        tool_say("memory is short");
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        p = stpcpy(p, words[i]);
        if (i + 1 < n) {
            *p++ = ' ';
        }
    }
    *p = '\0';
    return text;
}

char *filter_read(const char *path) {
    FILE *f = fopen(path, "re");
    char *text = f != NULL ? malloc(FILTER_FILE_MAX) : NULL;

    if (text == NULL) {
        tool_say("%s: %s", path, strerror(errno));
        if (f != NULL) {
            fclose(f);
        }
        return NULL;
    }
    size_t n = fread(text, 1, FILTER_FILE_MAX - 1, f);
    const char *why = ferror(f)                       ? strerror(errno)
                      : !feof(f)                      ? "longer than a filter can be"
                      : memchr(text, '\0', n) != NULL ? "not a text"
                                                      : NULL;

    fclose(f);
    if (why != NULL) {
        tool_say("%s: %s", path, why);
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

/* libpcap's numbers inside programs differ from those in files in one case that we know. */
static int dlt(uint32_t link) {
    return link == CAPFILE_RAW ? CAPFILE_RAW_BSD : (int)link;
}

int filter_set(struct filter *f, const char *expression, uint32_t link, uint32_t snap_bytes) {
    f->link = link;
    pcap_t *p = pcap_open_dead(dlt(link), snap_bytes > 0 ? (int)snap_bytes : 262144);

    f->program = calloc(1, sizeof(*f->program));
    if (p == NULL || f->program == NULL ||
        pcap_compile(p, f->program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
        tool_say("the filter: %s", p != NULL ? pcap_geterr(p) : "memory is short");
        free(f->program);
        f->program = NULL;
        if (p != NULL) {
            pcap_close(p);
        }
        return -EINVAL;
    }
    pcap_close(p);
    return 0;
}

bool filter_passes(const struct filter *f, const struct capfile_packet *p) {
    /* one instruction: "everything" */
    if (f->program == NULL || f->program->bf_len <= 1) {
        return true;
    }
    const struct pcap_pkthdr h = {.caplen = p->cap_bytes, .len = p->len_bytes};

    return pcap_offline_filter(f->program, &h, p->data) != 0;
}

void filter_print(const struct filter *f) {
    bpf_dump(f->program, 1);
}

void filter_free(struct filter *f) {
    if (f->program != NULL) {
        pcap_freecode(f->program);
        free(f->program);
        f->program = NULL;
    }
}
