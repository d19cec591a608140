/* A small strict JSON parser: see json_parser.h. */
#include "json_parser.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Each reading function leaves `at` behind what it read and answers false after setting `message`, with `at` on the
 * character that is wrong. */
typedef struct parser {
    const char *text, *at, *end;
    const char *message;
    const json_handler *handler;
    uint8_t *open; /* bit i: container i is an object, not an array */
    size_t depth, open_capacity;
    char *string; /* the string being read, escapes resolved */
    size_t string_length, string_capacity;
} parser;

static bool refuse(parser *p, const char *message) {
    p->message = message;
    return false;
}

static bool taken(parser *p, bool by_handler) {
    return by_handler || refuse(p, "out of memory");
}

static void skip_space(parser *p) {
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')
        p->at++;
}

/* ---- Open containers --------------------------------------------------------------------------------------------- */

static bool push(parser *p, bool is_object) {
    if (p->depth == p->open_capacity * 8) {
        size_t capacity = p->open_capacity == 0 ? 64 : p->open_capacity * 2;
        uint8_t *open = realloc(p->open, capacity);
        if (open == NULL)
            return refuse(p, "out of memory");
        p->open = open;
        p->open_capacity = capacity;
    }
    uint8_t bit = (uint8_t)(1u << (p->depth % 8));
    uint8_t *byte = &p->open[p->depth / 8];
    *byte = (uint8_t)(is_object ? *byte | bit : *byte & ~bit);
    p->depth++;
    return true;
}

static bool in_object(const parser *p) {
    return p->depth > 0 && (p->open[(p->depth - 1) / 8] >> ((p->depth - 1) % 8) & 1) != 0;
}

/* ---- Strings ----------------------------------------------------------------------------------------------------- */

static bool append(parser *p, const char *bytes, size_t count) {
    if (p->string == NULL || p->string_length + count > p->string_capacity) {
        size_t capacity = (p->string_length + count) * 2 + 64;
        char *string = realloc(p->string, capacity);
        if (string == NULL)
            return refuse(p, "out of memory");
        p->string = string;
        p->string_capacity = capacity;
    }
    memcpy(p->string + p->string_length, bytes, count);
    p->string_length += count;
    return true;
}

static bool append_code_point(parser *p, uint32_t code) {
    char bytes[4];
    size_t count;
    if (code < 0x80) {
        bytes[0] = (char)code;
        count = 1;
    } else if (code < 0x800) {
        bytes[0] = (char)(0xC0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3F));
        count = 2;
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xE0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (code & 0x3F));
        count = 3;
    } else {
        bytes[0] = (char)(0xF0 | code >> 18);
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3F));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[3] = (char)(0x80 | (code & 0x3F));
        count = 4;
    }
    return append(p, bytes, count);
}

static bool read_hex(parser *p, uint32_t *code) {
    *code = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        char c = *p->at;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return refuse(p, "\\u needs four hexadecimal digits");
        *code = *code << 4 | digit;
    }
    return true;
}

/* at is behind the backslash. */
static bool read_escape(parser *p) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (*p->at != 'u') {
        const char *letter = *p->at == '\0' ? NULL : strchr(letters, *p->at);
        if (letter == NULL)
            return refuse(p, p->at == p->end ? "the text ends inside a string" : "unknown escape in a string");
        p->at++;
        return append(p, &meanings[letter - letters], 1);
    }
    p->at++;
    uint32_t code, low;
    if (!read_hex(p, &code))
        return false;
    if (code >= 0xDC00 && code <= 0xDFFF)
        return refuse(p, "the second half of a surrogate pair without the first");
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (p->at[0] != '\\' || p->at[1] != 'u')
            return refuse(p, "the first half of a surrogate pair without the second");
        p->at += 2;
        if (!read_hex(p, &low))
            return false;
        if (low < 0xDC00 || low > 0xDFFF)
            return refuse(p, "the first half of a surrogate pair without the second");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    return append_code_point(p, code);
}

/* The length of the well-formed UTF-8 sequence of more than one byte at this place; 0 if there is none. The zero behind
 * the text ends every sequence that is cut off. */
static size_t utf8_length(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    size_t length = s[0] >= 0xC2 && s[0] <= 0xDF ? 2 : s[0] >= 0xE0 && s[0] <= 0xEF ? 3 : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4 : 0;
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    }
    bool overlong_or_surrogate = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
                                 (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F);
    return overlong_or_surrogate ? 0 : length;
}

/* at is on the opening quote. */
static bool read_string(parser *p) {
    p->string_length = 0;
    p->at++;
    for (;;) {
        const char *start = p->at;
        while ((unsigned char)*p->at >= 0x20 && (unsigned char)*p->at < 0x80 && *p->at != '"' && *p->at != '\\')
            p->at++;
        if (!append(p, start, (size_t)(p->at - start)))
            return false;
        if (p->at == p->end)
            return refuse(p, "the text ends inside a string");
        if (*p->at == '"') {
            p->at++;
            return true;
        }
        if (*p->at == '\\') {
            p->at++;
            if (!read_escape(p))
                return false;
        } else if ((unsigned char)*p->at < 0x20) {
            return refuse(p, "a control character in a string");
        } else {
            size_t length = utf8_length(p->at);
            if (length == 0)
                return refuse(p, "invalid UTF-8 in a string");
            if (!append(p, p->at, length))
                return false;
            p->at += length;
        }
    }
}

/* ---- Numbers and literals ---------------------------------------------------------------------------------------- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool skip_digits(parser *p) {
    if (!is_digit(*p->at))
        return refuse(p, p->at == p->end ? "the text ends inside a number" : "a digit is missing in a number");
    while (is_digit(*p->at))
        p->at++;
    return true;
}

static bool read_number(parser *p) {
    const char *start = p->at;
    if (*p->at == '-')
        p->at++;
    if (*p->at == '0' && is_digit(p->at[1]))
        return refuse(p, "a number with a leading zero");
    if (!skip_digits(p))
        return false;
    if (*p->at == '.') {
        p->at++;
        if (!skip_digits(p))
            return false;
    }
    if (*p->at == 'e' || *p->at == 'E') {
        p->at++;
        if (*p->at == '+' || *p->at == '-')
            p->at++;
        if (!skip_digits(p))
            return false;
    }
    return taken(p, p->handler->number(p->handler->context, strtod(start, NULL)));
}

static bool read_literal(parser *p) {
    static const struct {
        const char *text;
        json_kind kind;
    } literals[] = {{"null", JSON_NULL}, {"false", JSON_FALSE}, {"true", JSON_TRUE}};
    for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++) {
        size_t length = strlen(literals[i].text);
        if (strncmp(p->at, literals[i].text, length) == 0) {
            p->at += length;
            return taken(p, p->handler->literal(p->handler->context, literals[i].kind));
        }
    }
    return refuse(p, p->at == p->end ? "the text ends where a value is expected" : "a value is expected");
}

/* ---- Structure --------------------------------------------------------------------------------------------------- */

/* A key and its colon, up to the value. */
static bool read_key(parser *p) {
    skip_space(p);
    if (*p->at != '"')
        return refuse(p, p->at == p->end ? "the text ends where a key is expected" : "a key in double quotes is expected");
    if (!read_string(p) || !taken(p, p->handler->key(p->handler->context, p->string, p->string_length)))
        return false;
    skip_space(p);
    if (*p->at != ':')
        return refuse(p, p->at == p->end ? "the text ends where ':' is expected" : "':' is expected after a key");
    p->at++;
    return true;
}

/* Reads one value, or only the opening of one that is a container and not empty: then *opened is set. */
static bool read_value(parser *p, bool *opened) {
    const json_handler *h = p->handler;
    *opened = false;
    skip_space(p);
    char c = *p->at;
    if (c == '"')
        return read_string(p) && taken(p, h->string(h->context, p->string, p->string_length));
    if (c == '-' || is_digit(c))
        return read_number(p);
    if (c != '{' && c != '[')
        return read_literal(p);
    if (!taken(p, h->begin(h->context, c == '{' ? JSON_OBJECT : JSON_ARRAY)))
        return false;
    p->at++;
    skip_space(p);
    if (*p->at == (c == '{' ? '}' : ']')) {
        p->at++;
        return taken(p, h->end(h->context));
    }
    *opened = true;
    return push(p, c == '{') && (c != '{' || read_key(p));
}

/* Behind a complete value: closes containers until another value is due, or nothing is open any more. */
static bool read_after_value(parser *p) {
    while (p->depth > 0) {
        skip_space(p);
        bool object = in_object(p);
        if (*p->at == ',') {
            p->at++;
            return !object || read_key(p);
        }
        if (*p->at != (object ? '}' : ']')) {
            return refuse(p, p->at == p->end ? (object ? "the text ends inside an object" : "the text ends inside an array")
                             : object        ? "',' or '}' is expected"
                                             : "',' or ']' is expected");
        }
        p->at++;
        p->depth--;
        if (!taken(p, p->handler->end(p->handler->context)))
            return false;
    }
    return true;
}

static bool read_document(parser *p) {
    do {
        bool opened;
        if (!read_value(p, &opened) || (!opened && !read_after_value(p)))
            return false;
    } while (p->depth > 0);
    skip_space(p);
    return p->at == p->end || refuse(p, "something follows the document");
}

static void locate(const parser *p, json_error *error) {
    error->line = error->column = 1;
    error->message = p->message;
    for (const char *at = p->text; at < p->at; at++) {
        if (*at == '\n') {
            error->line++;
            error->column = 1;
        } else if (((unsigned char)*at & 0xC0) != 0x80) {
            error->column++;
        }
    }
}

bool json_parse(const char *text, size_t length, const json_handler *handler, json_error *error) {
    parser p = {.text = text, .at = text, .end = text + length, .handler = handler};
    bool complete = read_document(&p);
    if (!complete)
        locate(&p, error);
    free(p.open);
    free(p.string);
    return complete;
}
