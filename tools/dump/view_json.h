/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_json.h - fields and flows as lines of JSON (docs/schema/dump.json)
 */
#ifndef DUMP_VIEW_JSON_H
#define DUMP_VIEW_JSON_H

#include "tools/decode/capfile.h"
#include "tools/decode/packet.h"
#include "tools/explain/explain.h"
#include "tools/flows/flows.h"

/* A line of type "packet". @text: as dump's line has it. @owner: NULL: not known. */
void view_json_line(const struct packet *packet, const struct capfile_packet *p, uint64_t number,
                    const char *text, const char *owner);
/* A line of type "explanation". */
void view_json_packet(const struct explain *e, const struct capfile_packet *p, uint64_t number);
/* A line of type "flow" for each, then one of type "segment" for each event that was kept. */
void view_json_flows(const struct flows *flows);

#endif
