/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.h - what happens with each packet, wherever it comes from
 */
#ifndef DUMP_SESSION_H
#define DUMP_SESSION_H

#include "tools/decode/decode.h"
#include "tools/decode/packet.h"
#include "tools/dump/file.h"
#include "tools/dump/filter.h"
#include "tools/dump/view.h"
#include "tools/dump/when.h"

#define SESSION_WRITE 65536u /* bytes at which the text is written */

struct session {
    struct decode_options text;
    struct decode *decode;
    struct when when;
    struct filter filter;
    struct file_out out;
    struct view_options view_options;
    struct view *view; /* instead of lines; NULL: lines */
    bool json;         /* a packet is an object */
    bool why;          /* what the capture says about a packet, too */
    bool of_lab;       /* and that a lab says it: the sender stands before it, with a colon */
    bool colour;       /* of what stands around a packet's text */
    struct packet *packet;
    bool writes; /* into a file: no lines */
    bool numbers, at_once;
    uint64_t count; /* stop after so many; 0: no limit */
    uint64_t shown;
    char *buf;
    size_t have;
};

struct session *session_new(void);
/* Once the options are known. @write: a file, or NULL. */
int session_begin(struct session *s, const char *write);
/* 0: go on; 1: enough; or a negative errno, told. */
int session_packet(struct session *s, const struct capfile_packet *p);
/* Writes what is left. */
int session_flush(struct session *s);
int session_end(struct session *s, uint32_t link, uint32_t snap_bytes);
void session_free(struct session *s);

#endif
