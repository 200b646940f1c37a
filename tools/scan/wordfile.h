/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wordfile.h - files of words: with white space or commas between, and remarks behind a #
 */
#ifndef TOOLS_SCAN_WORDFILE_H
#define TOOLS_SCAN_WORDFILE_H

/* Calls @take with each word of a file; "-" is stdin. It returns 0, or -errno, which ends it; then
 * file and line are told on stderr, and @expected behind them unless it is NULL. 0, or -errno. */
int wordfile_read(const char *path, const char *expected, int (*take)(void *ctx, const char *word),
                  void *ctx);

#endif
