/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab.h - which lab is meant
 */
#ifndef TOOLS_COMMON_LAB_H
#define TOOLS_COMMON_LAB_H

#include <stdbool.h>

/*
 * Finds a running lab. @lab: a name, or a lab file's path (then the lab has its name), or NULL for
 * the only one that runs. Returns a control socket, -ENOENT (none; told if `tell`), or another
 * -errno (told on stderr).
 */
int lab_find(const char *lab, bool tell);
/* What an error of a conversation with it means, for people. */
const char *lab_error(int err);
/* Is it the path of a lab file rather than a name? */
bool lab_is_file(const char *lab);

#endif
