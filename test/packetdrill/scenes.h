/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scenes.h - what the loader runs
 */
#ifndef TEST_PACKETDRILL_SCENES_H
#define TEST_PACKETDRILL_SCENES_H

#include "tool.h"

/* scenes_block.c: blocking calls, time */
void scene_accept(struct tool *t);
void scene_connect(struct tool *t);
void scene_fastopen(struct tool *t);
void scene_read(struct tool *t);
void scene_write(struct tool *t);
void scene_poll(struct tool *t);
void scene_epoll(struct tool *t);
void scene_clock(struct tool *t);
void scene_give_up(struct tool *t);
void scene_free(struct tool *t);

/* scenes_data.c: bytes, options, descriptors */
void scene_buffers(struct tool *t);
void scene_messages(struct tool *t);
void scene_flags(struct tool *t);
void scene_options(struct tool *t);
void scene_splice(struct tool *t);
void scene_shutdown(struct tool *t);
void scene_datagrams(struct tool *t);
void scene_refuse(struct tool *t);
void scene_closed_behind(struct tool *t);

/* scenes_setup.c: they begin by themselves */
void scene_sysctls(struct tool *t);
void scene_flags_given(struct tool *t);
void scene_preload(void);

#endif
