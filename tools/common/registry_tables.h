/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registry_tables.h - what tools/services/gen.py writes and tools/common/registry.c reads
 */
#ifndef TOOLS_COMMON_REGISTRY_TABLES_H
#define TOOLS_COMMON_REGISTRY_TABLES_H

#include "tools/common/registry.h"

extern const unsigned registry_rows_n, registry_names_n;
extern const struct registry_row registry_rows[];
extern const char registry_texts[], registry_references[];

/* Which ports have rows, and how many do below each word. */
extern const uint64_t registry_bitmap[];
extern const uint16_t registry_counts[];
/* Of the nth port that has any: where its row numbers begin in registry_members[]. */
extern const uint16_t registry_starts[], registry_members[];
/* Row numbers by name, letters in either case alike. */
extern const uint16_t registry_by_name[];

#endif
