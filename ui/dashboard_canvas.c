/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that draws with curses. Styles are made of the terminal's default colours, so that
 * light and dark backgrounds both work, and every style differs without colour too where it must
 * (bold, reverse). Text is written cell by cell of known width: a wide character that would cross
 * the edge is left out, a combining one joins its base, anything that is not printable in this
 * locale becomes a question mark. The terminal is given back by canvas_destroy(), at exit and on a
 * crash.
 */
#include "ui/dashboard_canvas.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "track/memory.h"
#include "track/utf8.h"
#include "ui/text.h"

enum { CELLS_MAX = 512, FORMAT_MAX = 1024, ESCAPE_DELAY_MS = 25, SEQUENCE_MAX = 24 };

struct canvas {
	SCREEN *screen;
	FILE *in, *out; /* ours to close, or NULL */
	int fd;
	bool utf8, headless;
	unsigned mouse_row, mouse_column;
	attr_t attributes[STYLE_COUNT];
	short pairs[STYLE_COUNT];
};

static const char *const glyphs[GLYPH_COUNT][2] = {
	/* ASCII, UTF-8 */
	[GLYPH_GOOD] = {"+", "✓"},
	[GLYPH_WARN] = {"!", "!"},
	[GLYPH_BUSY] = {"~", "◌"},
	[GLYPH_BAD] = {"x", "✗"},
	[GLYPH_UNKNOWN] = {"?", "?"},
	[GLYPH_RIGHT] = {">", "→"},
	[GLYPH_LEFT] = {"<", "←"},
	[GLYPH_BOTH] = {"<>", "↔"},
	[GLYPH_CURSOR] = {">", "▸"},
	[GLYPH_TIMES] = {"x", "×"},
	[GLYPH_RULE] = {"-", "─"},
	[GLYPH_DOWN] = {"v", "▾"},
	[GLYPH_UP] = {"^", "▴"},
	[GLYPH_CUT] = {"~", "…"},
	[GLYPH_DASH] = {"-", "–"},
	[GLYPH_DOT] = {"|", "·"},
	[GLYPH_DIFFERS] = {"#", "≠"},
	[GLYPH_LOST] = {"%", "╳"},
	[GLYPH_MIDDLE] = {"|", "│"},
};

/* The canvas that has the terminal, for the safety nets. */
static struct canvas *active;

static void
restore_terminal(void)
{
	if (active != NULL && !active->headless && !isendwin()) {
		endwin();
	}
}

static void
crashed(int number)
{
	restore_terminal();
	raise(number); /* the handler was reset: now it does what it always did */
}

static void
install_nets(void)
{
	static bool installed;
	if (installed) {
		return;
	}
	installed = true;
	atexit(restore_terminal);
	static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		struct sigaction old;
		if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
			struct sigaction net = {.sa_handler = crashed,
				.sa_flags = (int)SA_RESETHAND};
			sigemptyset(&net.sa_mask);
			sigaction(fatal[i], &net, NULL);
		}
	}
}

/* What terminals say who say it: "0;15" is black on white. */
static bool
is_light(void)
{
	const char *colors = getenv("COLORFGBG");
	const char *ground = colors != NULL ? strrchr(colors, ';') : NULL;
	return ground != NULL && (strcmp(ground, ";7") == 0 || strcmp(ground, ";15") == 0);
}

static void
choose_styles(struct canvas *canvas, bool color)
{
	attr_t *a = canvas->attributes;
	a[STYLE_STRONG] = A_BOLD;
	a[STYLE_BAD] = A_BOLD;
	a[STYLE_ACCENT] = A_BOLD;
	a[STYLE_FAINT] = color ? A_DIM : A_NORMAL;
	if (!color || !has_colors() || start_color() == ERR) {
		return;
	}
	short background = use_default_colors() == OK ? -1 : COLOR_BLACK;
	static const struct {
		enum style style;
		short few, light, many; /* of 8, the same on white; of 256: legible on white and on black alike */
	} colors[] = {
		{STYLE_GOOD, COLOR_GREEN, COLOR_GREEN, 34},
		{STYLE_BUSY, COLOR_YELLOW, COLOR_MAGENTA, 136},
		{STYLE_BAD, COLOR_RED, COLOR_RED, 160},
		{STYLE_ACCENT, COLOR_CYAN, COLOR_BLUE, 31},
	};
	for (short i = 0; i < (short)(sizeof(colors) / sizeof(colors[0])); i++) {
		/* Of more than 256 the number is the colour itself, red, green and blue. */
		short foreground = COLORS == 256 ? colors[i].many : is_light() ? colors[i].light : colors[i].few;
		if (i + 1 < COLOR_PAIRS &&
			init_pair((short)(i + 1), foreground, background) == OK) {
			canvas->pairs[colors[i].style] = (short)(i + 1);
		}
	}
	a[STYLE_ACCENT] = A_NORMAL;
}

/* curses measures and writes wide characters by the locale. */
static bool
use_utf8_locale(void)
{
	static const char *const names[] = {"", "C.UTF-8", "C.utf8", "en_US.UTF-8"};
	for (size_t i = 0; strcmp(nl_langinfo(CODESET), "UTF-8") != 0; i++) {
		if (i == sizeof(names) / sizeof(names[0])) {
			return false;
		}
		setlocale(LC_CTYPE, names[i]);
	}
	return true;
}

static bool
open_files(struct canvas *canvas, FILE **in, FILE **out)
{
	if (canvas->headless) {
		*in = canvas->in = fopen("/dev/null", "re");
		*out = canvas->out = fopen("/dev/null", "we");
	} else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		*in = stdin;
		*out = stdout;
	} else { /* a capture comes by stdin: keys come from the terminal itself */
		*in = canvas->in = fopen("/dev/tty", "re");
		*out = canvas->out = fopen("/dev/tty", "we");
	}
	return *in != NULL && *out != NULL;
}

static void
close_files(struct canvas *canvas)
{
	if (canvas->in != NULL) {
		fclose(canvas->in);
	}
	if (canvas->out != NULL) {
		fclose(canvas->out);
	}
}

struct canvas *
canvas_create(const struct canvas_options *options, char *error, size_t error_size)
{
	struct canvas *canvas = memory_zero(1, sizeof(*canvas));
	canvas->headless = options->width > 0 && options->height > 0;
	canvas->utf8 = options->utf8 && use_utf8_locale();
	FILE *in = NULL, *out = NULL;
	if (!open_files(canvas, &in, &out)) {
		snprintf(error, error_size, "the dashboard needs a terminal: /dev/tty: %s",
			strerror(errno));
		close_files(canvas);
		free(canvas);
		return NULL;
	}
	use_env(TRUE);
	use_tioctl(TRUE); /* the terminal's word before that of LINES and COLUMNS */
	canvas->screen = newterm(canvas->headless ? "xterm" : NULL, out, in);
	/* One that cannot go to a place is no screen, though curses would take it. */
	if (canvas->screen != NULL && tigetstr("cup") == NULL) {
		endwin();
		delscreen(canvas->screen);
		canvas->screen = NULL;
	}
	if (canvas->screen == NULL) {
		const char *term = getenv("TERM");
		snprintf(error, error_size,
			"the dashboard cannot use this terminal (TERM is %.40s); try TERM=xterm or --lines",
			term != NULL ? term : "not set");
		close_files(canvas);
		free(canvas);
		return NULL;
	}
	set_term(canvas->screen);
	canvas->fd = canvas->headless ? -1 : fileno(in);
	active = canvas;
	if (canvas->headless) {
		resizeterm((int)options->height, (int)options->width);
	} else {
		install_nets();
	}
	choose_styles(canvas, options->color);
	set_escdelay(ESCAPE_DELAY_MS);
	cbreak();
	noecho();
	nonl(); /* Enter is \r and ^J stays ^J */
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	if (!canvas->headless) {
		mouseinterval(0); /* a press is enough: no waiting for what may become a click */
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	}
	curs_set(0);
	return canvas;
}

void
canvas_destroy(struct canvas *canvas)
{
	if (canvas == NULL) {
		return;
	}
	set_term(canvas->screen);
	endwin();
	active = NULL;
	delscreen(canvas->screen);
	close_files(canvas);
	free(canvas);
}

int
canvas_fd(const struct canvas *canvas)
{
	return canvas->fd;
}

bool
canvas_is_dead(const struct canvas *canvas)
{
	struct pollfd poll_fd = {.fd = canvas->fd, .events = POLLIN};
	return canvas->fd >= 0 && poll(&poll_fd, 1, 0) > 0 &&
		(poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

bool
canvas_follow_size(struct canvas *canvas)
{
	struct winsize size;
	if (canvas->headless || ioctl(canvas->fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ||
		size.ws_col == 0 || (size.ws_row == LINES && size.ws_col == COLS)) {
		return false;
	}
	resizeterm(size.ws_row, size.ws_col);
	canvas_refresh(canvas);
	return true;
}

void
canvas_set_size(struct canvas *canvas, unsigned width, unsigned height)
{
	set_term(canvas->screen);
	resizeterm((int)height, (int)width);
}

/*
 * After an Esc that curses made no key of: where more came with it, it is a key whose sequence the terminal's
 * description does not have (TERM is often not what the terminal is). As Esc and some letters it would do what
 * nobody asked for. 0: one that means nothing here.
 */
static uint32_t
rest_of_sequence(void)
{
	static const struct {
		const char *sequence;
		int key;
	} keys[] = {
		{"[A", KEY_UP}, {"OA", KEY_UP}, {"[B", KEY_DOWN}, {"OB", KEY_DOWN},
		{"[C", KEY_RIGHT}, {"OC", KEY_RIGHT}, {"[D", KEY_LEFT}, {"OD", KEY_LEFT},
		{"[H", KEY_HOME}, {"OH", KEY_HOME}, {"[1~", KEY_HOME}, {"[7~", KEY_HOME},
		{"[F", KEY_END}, {"OF", KEY_END}, {"[4~", KEY_END}, {"[8~", KEY_END},
		{"[5~", KEY_PPAGE}, {"[6~", KEY_NPAGE}, {"OM", KEY_ENTER},
		{"OP", KEY_F(1)}, {"[11~", KEY_F(1)}, {"[[A", KEY_F(1)},
		{"OQ", KEY_F(2)}, {"[12~", KEY_F(2)}, {"[[B", KEY_F(2)}, {"[21~", KEY_F(10)},
	};
	char text[SEQUENCE_MAX] = "";
	wint_t character;
	for (size_t size = 0; get_wch(&character) == OK; size++) {
		if (size == 0 && character != L'[' && character != L'O') {
			unget_wch((wchar_t)character); /* Alt and a key, or Esc and then a key */
			return 0x1b;
		}
		if (size + 1 < sizeof(text)) {
			text[size] = character < 0x7f ? (char)character : '?';
		}
		bool first = size == 0 || (size == 1 && character == L'[');
		if (!first && character >= 0x40 && character < 0x7f) {
			break;
		}
	}
	if (text[0] == '\0') {
		return 0x1b;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(text, keys[i].sequence) == 0) {
			return (uint32_t)keys[i].key | (uint32_t)CANVAS_FUNCTION;
		}
	}
	return 0;
}

bool
canvas_read_key(struct canvas *canvas, uint32_t *code)
{
	if (canvas->headless) {
		return false;
	}
	wint_t character;
	int kind = get_wch(&character);
	if (kind == ERR) {
		return false;
	}
	if (kind == KEY_CODE_YES && character == KEY_MOUSE) {
		MEVENT event;
		if (getmouse(&event) != OK || event.x < 0 || event.y < 0) {
			return false;
		}
		canvas->mouse_row = (unsigned)event.y;
		canvas->mouse_column = (unsigned)event.x;
		*code = (event.bstate & BUTTON4_PRESSED) != 0 ? CANVAS_WHEEL_UP
			: (event.bstate & BUTTON5_PRESSED) != 0
			? CANVAS_WHEEL_DOWN
			: CANVAS_CLICK;
		return true;
	}
	if (kind == OK && character == 0x1b) {
		*code = rest_of_sequence();
		return true; /* 0 is no key of anybody */
	}
	*code = (uint32_t)character | (kind == KEY_CODE_YES ? (uint32_t)CANVAS_FUNCTION : 0);
	return true;
}

void
canvas_mouse(const struct canvas *canvas, unsigned *row, unsigned *column)
{
	*row = canvas->mouse_row;
	*column = canvas->mouse_column;
}

void
canvas_clear(struct canvas *canvas)
{
	set_term(canvas->screen);
	werase(stdscr);
}

void
canvas_show(struct canvas *canvas)
{
	if (canvas->headless) {
		wnoutrefresh(stdscr);
	} else {
		wrefresh(stdscr);
	}
}

void
canvas_refresh(struct canvas *canvas)
{
	set_term(canvas->screen);
	clearok(curscr, TRUE);
}

char *
canvas_row_text(struct canvas *canvas, unsigned row, char *text, size_t room)
{
	set_term(canvas->screen);
	size_t used = 0;
	for (int column = 0; column < COLS; column++) {
		cchar_t cell;
		wchar_t characters[CCHARW_MAX + 1] = {0};
		attr_t attributes;
		short pair;
		if (mvwin_wch(stdscr, (int)row, column, &cell) == ERR ||
			getcchar(&cell, characters, &attributes, &pair, NULL) == ERR) {
			continue;
		}
		for (size_t i = 0; characters[i] != L'\0'; i++) {
			char octets[MB_LEN_MAX];
			mbstate_t state = {0};
			size_t size = wcrtomb(octets, characters[i], &state);
			if (size != (size_t)-1 && used + size < room) {
				memcpy(text + used, octets, size);
				used += size;
			}
		}
		int width = wcwidth(characters[0]);
		column += width > 1 ? width - 1 : 0;
	}
	while (used > 0 && text[used - 1] == ' ') {
		used--;
	}
	text[used] = '\0';
	return text;
}

struct area
canvas_area(struct canvas *canvas)
{
	return (struct area){.canvas = canvas, .height = (unsigned)LINES, .width = (unsigned)COLS};
}

struct area
area_rows(const struct area *area, unsigned top, unsigned height)
{
	unsigned from = top < area->height ? top : area->height;
	unsigned room = area->height - from;
	return (struct area){.canvas = area->canvas,
		.top = area->top + from,
		.left = area->left,
		.height = height < room ? height : room,
		.width = area->width};
}

struct area
area_columns(const struct area *area, unsigned left, unsigned width)
{
	unsigned from = left < area->width ? left : area->width;
	unsigned room = area->width - from;
	return (struct area){.canvas = area->canvas,
		.top = area->top,
		.left = area->left + from,
		.height = area->height,
		.width = width < room ? width : room};
}

bool
area_utf8(const struct area *area)
{
	return area->canvas->utf8;
}

const char *
area_glyph(const struct area *area, enum glyph glyph)
{
	return glyphs[glyph][area->canvas->utf8];
}

static void
choose_style(const struct area *area, unsigned style)
{
	const struct canvas *canvas = area->canvas;
	unsigned plain = style & 0xff;
	if ((style & STYLE_LIT) != 0) {
		wattr_set(stdscr, A_REVERSE | A_BOLD, canvas->pairs[plain], NULL);
	} else if ((style & STYLE_BAND) != 0) { /* one look for the whole line, legible on any colours */
		wattr_set(stdscr, A_REVERSE | (plain == STYLE_NORMAL ? A_NORMAL : A_BOLD), 0, NULL);
	} else {
		wattr_set(stdscr, canvas->attributes[plain], canvas->pairs[plain], NULL);
	}
}

/* As many characters as fit into `columns`. True where all did. */
static bool
cells_from_text(const char *text, unsigned columns, wchar_t cells[CELLS_MAX], size_t *count,
	unsigned *used)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t left = strlen(text);
	*count = 0;
	*used = 0;
	while (left > 0 && *count < CELLS_MAX - 2) {
		uint32_t character;
		size_t size = utf8_next(at, left, &character);
		wchar_t cell = L'?';
		int width = 1;
		if (character != UTF8_NONE && !utf8_is_unsafe(character) && !utf8_is_invisible(character)) {
			int known = wcwidth((wchar_t)character);
			if (known > 0 || (known == 0 && *used > 0)) {
				cell = (wchar_t)character;
				width = known;
			}
		}
		if (*used + (unsigned)width > columns) {
			return false;
		}
		cells[(*count)++] = cell;
		*used += (unsigned)width;
		at += size;
		left -= size;
	}
	return left == 0;
}

unsigned
area_text(const struct area *area, unsigned row, unsigned column, unsigned width, unsigned style,
	const char *text)
{
	if (row >= area->height || column >= area->width) {
		return 0;
	}
	unsigned room = area->width - column;
	unsigned columns = width < room ? width : room;
	char ascii[FORMAT_MAX];
	if (!area->canvas->utf8) {
		text = text_ascii(text, ascii, sizeof(ascii));
	}
	wchar_t cells[CELLS_MAX];
	size_t count;
	unsigned used;
	if (!cells_from_text(text, columns, cells, &count, &used) && columns > 1) {
		cells_from_text(text, columns - 1, cells, &count, &used);
		cells[count++] = area->canvas->utf8 ? L'…' : L'~';
		used++;
	}
	choose_style(area, style);
	mvwaddnwstr(stdscr, (int)(area->top + row), (int)(area->left + column), cells, (int)count);
	return used;
}

void
area_text_right(const struct area *area, unsigned row, unsigned column, unsigned width,
	unsigned style, const char *text)
{
	unsigned used = (unsigned)text_width(text);
	area_text(area, row, column + (used < width ? width - used : 0), width, style, text);
}

unsigned
area_printf(const struct area *area, unsigned row, unsigned column, unsigned width, unsigned style,
	const char *format, ...)
{
	char text[FORMAT_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return area_text(area, row, column, width, style, text);
}

void
area_fill(const struct area *area, unsigned row, unsigned column, unsigned width, unsigned style)
{
	if (row >= area->height || column >= area->width) {
		return;
	}
	unsigned room = area->width - column;
	choose_style(area, style);
	mvwhline(stdscr, (int)(area->top + row), (int)(area->left + column), ' ',
		(int)(width < room ? width : room));
}

void
area_rule(const struct area *area, unsigned row, unsigned column, unsigned width, unsigned style)
{
	const char *rule = area_glyph(area, GLYPH_RULE);
	for (unsigned i = 0; i < width; i++) {
		area_text(area, row, column + i, 1, style, rule);
	}
}

void
area_line(const struct area *area, unsigned row, unsigned column, unsigned style, unsigned ends)
{
	/* By the bits of enum line_end; light, heavy, broken, and the same in ASCII. */
	static const char *const pieces[6][16] = {
		{" ", "│", "│", "│", "─", "┘", "┐", "┤", "─", "└", "┌", "├", "─", "┴", "┬", "┼"},
		{" ", "┃", "┃", "┃", "━", "┛", "┓", "┫", "━", "┗", "┏", "┣", "━", "┻", "┳", "╋"},
		{" ", "╏", "╏", "╏", "╍", "┛", "┓", "┫", "╍", "┗", "┏", "┣", "╍", "┻", "┳", "╋"},
		{" ", "|", "|", "|", "-", "+", "+", "+", "-", "+", "+", "+", "-", "+", "+", "+"},
		{" ", "#", "#", "#", "=", "#", "#", "#", "=", "#", "#", "#", "=", "#", "#", "#"},
		{" ", ":", ":", ":", "~", "#", "#", "#", "~", "#", "#", "#", "~", "#", "#", "#"},
	};
	unsigned weight = (ends & LINE_HEAVY) == 0 ? 0 : (ends & LINE_BROKEN) == 0 ? 1 : 2;
	unsigned kind = (area->canvas->utf8 ? 0u : 3u) + weight;
	area_text(area, row, column, 1, style, pieces[kind][ends & 15]);
}

void
area_level(const struct area *area, unsigned row, unsigned column, unsigned style, unsigned height)
{
	static const char *const levels[9][2] = {{" ", " "}, {"_", "▁"}, {".", "▂"}, {"-", "▃"},
		{"=", "▄"}, {"+", "▅"}, {"*", "▆"}, {"#", "▇"}, {"#", "█"}};
	area_text(area, row, column, 1, style, levels[height < 8 ? height : 8][area->canvas->utf8]);
}

unsigned
area_wrap(const struct area *area, unsigned row, unsigned rows, unsigned column, unsigned style,
	const char *text)
{
	if (column >= area->width) {
		return 0;
	}
	unsigned columns = area->width - column, used = 0;
	while (*text != '\0' && used < rows) {
		const char *next;
		size_t size = text_wrap(text, columns, &next);
		if (used + 1 == rows && *next != '\0') { /* the rest, cut with a mark */
			size = strlen(text);
		}
		area_printf(area, row + used, column, columns, style, "%.*s", (int)size, text);
		used++;
		text = next;
	}
	return used;
}

void
area_bar(const struct area *area, unsigned row, unsigned column, unsigned width, unsigned style,
	uint64_t part, uint64_t whole)
{
	static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
	bool utf8 = area->canvas->utf8;
	uint64_t filled = 0; /* eighths of a column */
	if (whole > 0) {
		long double share = (long double)(part < whole ? part : whole) / (long double)whole;
		filled = (uint64_t)(share * (long double)width * 8.0L + 0.5L);
	}
	for (unsigned i = 0; i < width; i++, filled -= filled < 8 ? filled : 8) {
		uint64_t here = filled < 8 ? filled : 8;
		const char *cell = utf8 ? eighths[here] : here >= 4 ? "=" : ".";
		if (utf8 && here == 0) {
			cell = "·";
		}
		area_text(area, row, column + i, 1,
			here == 0 ? STYLE_FAINT | (style & STYLE_BAND) : style, cell);
	}
}
