/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_LEARN_H
#define BGPWHY_LEARN_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"
#include "ui/ui.h"

/*
 * --learn: the shipped captures go through the house, each into a lesson of the dashboard. All of them
 * are read before the first screen: they are small, and nothing need be opened afterwards. False, with
 * a sentence, where no capture was found.
 */
bool learn_load(struct dashboard *dashboard, const struct options *options, char *error,
	size_t error_size);

#endif
