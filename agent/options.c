/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h"

#include "options.h"

#include <stdio.h>

gboolean gclk_options_parse(int argc, char **argv, GclkOptions *o, GError **error)
{
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &o->config,
			"Configuration file (" GCLK_DEFAULT_CONFIG ")", "FILE" },
		{ "check-config", 0, 0, G_OPTION_ARG_NONE, &o->check_config,
			"Check the configuration and exit", NULL },
		{ "foreground", 'f', 0, G_OPTION_ARG_NONE, &o->foreground,
			"Stay in the foreground, log to standard error", NULL },
		{ "once", '1', 0, G_OPTION_ARG_NONE, &o->once,
			"Measure all sources once; never touches the clock", NULL },
		{ "control", 0, 0, G_OPTION_ARG_STRING, &o->control,
			"Who steers the clock: auto, kernel or none", "MODE" },
		{ "run-directory", 0, 0, G_OPTION_ARG_FILENAME, &o->run_directory,
			"Where the status file goes", "DIR" },
		{ "state-directory", 0, 0, G_OPTION_ARG_FILENAME, &o->state_directory,
			"Where the learned frequency is kept", "DIR" },
		{ "no-helper", 0, 0, G_OPTION_ARG_NONE, &o->no_helper,
			"No privileged process (simulation)", NULL },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose, "Log details", NULL },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &o->version, "Print the version", NULL },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- keeps the clock of this guest");

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, error))
		return FALSE;
	if (argc > 1)
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
			"unexpected argument \"%s\"; see guestclockd --help", argv[1]);
	return argc == 1;
}

void gclk_options_clear(GclkOptions *o)
{
	g_free(o->config);
	g_free(o->control);
	g_free(o->run_directory);
	g_free(o->state_directory);
}

static void override(char **value, const char *by)
{
	if (!by)
		return;
	g_free(*value);
	*value = g_strdup(by);
}

GclkConfig *gclk_options_load(const GclkOptions *o, GclkPlatform *platform, GError **error)
{
	g_autoptr(GclkConfig) config = gclk_config_load_through(
		platform, o->config ? o->config : GCLK_DEFAULT_CONFIG, o->config != NULL, error);

	if (!config)
		return NULL;
	override(&config->run_directory, o->run_directory);
	override(&config->state_directory, o->state_directory);
	if (o->control && !gclk_control_from_name(o->control, &config->control)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			"--control=%s: should be auto, kernel or none", o->control);
		return NULL;
	}
	if (o->once)
		config->control = GCLK_CONTROL_NONE;
	gclk_config_discover(config, "");
	return g_steal_pointer(&config);
}

/* Directories and the user are made before the privileges go: they stay as they were. */
void gclk_options_keep(GclkConfig *config, const GclkConfig *old)
{
	if (g_strcmp0(config->run_directory, old->run_directory) != 0 ||
		g_strcmp0(config->state_directory, old->state_directory) != 0 ||
		g_strcmp0(config->user, old->user) != 0)
		g_warning("[daemon] has changed: that needs a restart of guestclockd");
	override(&config->run_directory, old->run_directory);
	override(&config->state_directory, old->state_directory);
	override(&config->user, old->user);
	if (g_strcmp0(config->keys, old->keys) != 0 ||
		g_strcmp0(config->ptp_device, old->ptp_device) != 0 ||
		g_strcmp0(config->link_channel, old->link_channel) != 0)
		g_message("a key file, a device or a channel that only root may open needs a "
			  "restart of guestclockd");
	if (config->vmware_tools != old->vmware_tools)
		g_message("[vmware] tools has changed: that needs a restart of guestclockd");
}

int gclk_options_tell_config(const GclkConfig *config)
{
	for (guint i = 0; i < config->files->len; i++)
		printf("read %s\n", (const char *)g_ptr_array_index(config->files, i));
	if (config->files->len == 0)
		printf("no configuration file: defaults\n");
	for (guint i = 0; i < config->servers->len; i++) {
		const GclkServerConfig *s = g_ptr_array_index(config->servers, i);

		printf("server %s (%s port %u, polls 2^%d to 2^%d s)%s%s\n", s->name, s->address,
			s->port, s->min_poll, s->max_poll, config->servers_from ? " from " : "",
			config->servers_from ? config->servers_from : "");
	}
	if (config->servers_note)
		printf("note: %s\n", config->servers_note);
	if (config->servers->len == 0)
		printf("no NTP server: only a precision clock or the host's clock can be used\n");
	printf("the configuration is good\n");
	return 0;
}
