/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c - frames on the lab's links, as lines of text or as a pcapng file; events as JSON
 *
 * Every frame that enters a link is told once, with its cause and its fate; in a file also with the
 * program whose socket has sent it, as a comment of its own. Events are what the hosts' stacks
 * themselves tell (include/inlet/trace.h). A sink is a descriptor that a client gave. Those of a
 * private lab are waited for; a lab that others use loses text lines, and says how many, rather than
 * stop the network.
 */
#include "host/lab.h"

#include "link/pcapng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048
#define EVENT_MAX_BYTES 2048

struct trace_sink {
    struct trace_sink *next;
    uint64_t client;
    enum proto_trace kind;
    FILE *text;          /* text kinds */
    uint64_t lost;       /* lines that found no room; of pcap: frames that were told */
    struct pcapng *pcap; /* PROTO_TRACE_PCAPNG */
    bool live;           /* somebody reads while we write */
};

static int64_t epoch_of_monotonic(void) {
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * INL_S + ts.tv_nsec - loop_now().ns;
}

static int open_pcap(struct lab *lab, struct trace_sink *s, int fd, bool may_lose) {
    int err = pcapng_open_fd(fd, epoch_of_monotonic(), &s->pcap);

    for (unsigned i = 0; err >= 0 && i < lab->file->links_n; i++) {
        err = pcapng_add_link(s->pcap, lab->file->links[i].name, INL_LINK_ETHERNET);
    }
    if (err < 0) {
        pcapng_close(s->pcap);
        return err;
    }
    s->live = may_lose;
    if (may_lose) {
        pcapng_may_lose(s->pcap);
    }
    return 0;
}

static int open_text(struct trace_sink *s, int fd, bool may_lose) {
    if (may_lose) {
        fcntl(fd, F_SETFL, O_WRONLY | O_NONBLOCK);
    }
    s->text = fdopen(fd, "w");
    if (s->text == NULL) {
        close(fd);
        return -ENOMEM;
    }
    return 0;
}

int trace_add(struct lab *lab, int fd, enum proto_trace kind, bool may_lose, uint64_t client) {
    struct trace_sink *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        close(fd);
        return -ENOMEM;
    }
    s->client = client;
    s->kind = kind;
    int err =
        kind == PROTO_TRACE_PCAPNG ? open_pcap(lab, s, fd, may_lose) : open_text(s, fd, may_lose);

    if (err < 0) {
        free(s);
        return err;
    }
    s->next = lab->sinks;
    lab->sinks = s;
    return 0;
}

void trace_remove(struct lab *lab, uint64_t client) {
    struct trace_sink **link = &lab->sinks;

    while (*link != NULL) {
        struct trace_sink *s = *link;

        if (client != 0 && s->client != client) {
            link = &s->next;
            continue;
        }
        *link = s->next;
        if (s->text != NULL) {
            fclose(s->text);
        }
        pcapng_close(s->pcap);
        free(s);
    }
}

static const char *sender(const struct lab *lab, const struct inl_world_frame *frame) {
    if (frame->from_switch >= 0) {
        return inl_world_switch_name(lab->world, frame->from_switch);
    }
    return frame->from_host >= 0 ? inl_world_host_name(lab->world, frame->from_host) : "outside";
}

void trace_program(struct lab *lab, uint32_t pid, const char *name) {
    struct lab_program *program = &lab->programs[pid % LAB_PROGRAMS];

    program->pid = pid;
    snprintf(program->name, sizeof(program->name), "%s", name);
}

/* "process 123/curl"; "" of what no program's socket has sent. */
static void process_of(const struct lab *lab, uint64_t pid, char *buf, size_t cap) {
    const struct lab_program *program = &lab->programs[pid % LAB_PROGRAMS];
    bool known = program->pid == pid && program->name[0] != '\0';

    buf[0] = '\0';
    if (pid != 0) {
        snprintf(buf, cap, "process %llu%s%s", (unsigned long long)pid, known ? "/" : "",
                 known ? program->name : "");
    }
}

static void write_pcap(struct lab *lab, struct trace_sink *s, const struct inl_world_frame *frame) {
    char reason[320], comment[512], process[64];

    process_of(lab, frame->owner, process, sizeof(process));
    lab->format->reason(frame, reason, sizeof(reason));
    int n = snprintf(comment, sizeof(comment), "%s: %s", sender(lab, frame), reason);
    uint64_t lost = pcapng_lost(s->pcap) - s->lost;

    if (lost > 0 && n > 0 && (size_t)n < sizeof(comment)) {
        snprintf(comment + n, sizeof(comment) - (size_t)n,
                 " [%llu frames before it are missing: the reader was too slow]",
                 (unsigned long long)lost);
    }
    struct pcapng_frame f = {.link = frame->segment,
                             .time = frame->now,
                             .data = frame->data,
                             .len_bytes = frame->len_bytes,
                             .comment = comment,
                             .process = process};

    pcapng_write(s->pcap, &f);
    if (pcapng_lost(s->pcap) - s->lost == lost) { /* this one got in, and with it the news */
        s->lost += lost;
    }
}

static void write_text(struct lab *lab, struct trace_sink *s, const struct inl_world_frame *frame) {
    char line[LINE_MAX_BYTES];

    if (s->lost > 0) {
        s->lost++;
        return;
    }
    size_t n = lab->format->line(lab->format->ctx, frame, sender(lab, frame),
                                 inl_time_sub(frame->now, lab->started),
                                 s->kind == PROTO_TRACE_TEXT_COLOUR, line, sizeof(line) - 1);

    line[n] = '\n';
    fwrite(line, 1, n + 1, s->text);
}

void trace_frame(void *ctx, const struct inl_world_frame *frame) {
    struct lab *lab = ctx;

    for (struct trace_sink *s = lab->sinks; s != NULL; s = s->next) {
        if (s->kind == PROTO_TRACE_PCAPNG) {
            write_pcap(lab, s, frame);
        } else if (s->kind != PROTO_TRACE_EVENTS) {
            write_text(lab, s, frame);
        }
    }
}

void trace_event(void *ctx, const struct inl_trace *trace) {
    const struct lab_host *host = ctx;
    struct lab *lab = host->lab;
    char line[EVENT_MAX_BYTES];
    size_t n = 0;

    for (struct trace_sink *s = lab->sinks; s != NULL; s = s->next) {
        if (s->kind != PROTO_TRACE_EVENTS) {
            continue;
        }
        if (n == 0) {
            n = lab->format->event(lab->format->ctx, trace, host->name,
                                   inl_time_sub(trace->now, lab->started), line, sizeof(line) - 1);
        }
        if (n == 0 || s->lost > 0) {
            s->lost++;
            continue;
        }
        line[n] = '\n';
        fwrite(line, 1, n + 1, s->text);
    }
}

void trace_flush(struct lab *lab) {
    for (struct trace_sink *s = lab->sinks; s != NULL; s = s->next) {
        if (s->text == NULL) { /* a file is written when the buffer is full, and in the end */
            if (s->live) {
                pcapng_flush(s->pcap);
            }
            continue;
        }
        if (s->lost > 0 && s->kind == PROTO_TRACE_EVENTS &&
            fprintf(s->text, "{\"name\":\"events_lost\",\"data\":{\"lines\":%llu}}\n",
                    (unsigned long long)s->lost) > 0) {
            s->lost = 0;
        }
        if (s->lost > 0 && fprintf(s->text, "... %llu lines lost: the reader was too slow\n",
                                   (unsigned long long)s->lost) > 0) {
            s->lost = 0;
        }
        if (fflush(s->text) == EOF) {
            clearerr(s->text);
            s->lost++;
        }
    }
}
