// The orientation in an XMP packet: an attribute or an element of the namespace that XMP has for
// TIFF's properties, under whatever prefix. This is no parser of XML: it goes from tag to tag, passes
// over comments, and reads the attributes of each.

#include <string.h>

#include "orientation.h"

typedef struct {
  const uint8_t *start;
  size_t count;
} span;

static const char tiff_namespace[] = "http://ns.adobe.com/tiff/1.0/";
enum { MOST_PREFIXES = 8, MOST_PACKET = 1 << 20 };

typedef struct {
  span prefixes[MOST_PREFIXES];
  int count;
} prefix_list;

static bool is_space(uint8_t c) { return c == ' ' || (c >= 9 && c <= 13); }

static bool is_name(uint8_t c) {
  return !is_space(c) && c != '=' && c != '>' && c != '/' && c != '<' && c != '"' && c != '\'';
}

static bool equals(span a, const char *text) {
  size_t length = strlen(text);
  return a.count == length && memcmp(a.start, text, length) == 0;
}

// Parts a name at its colon.
static span prefix_of(span name, span *local) {
  const uint8_t *colon = memchr(name.start, ':', name.count);
  if (!colon) {
    *local = name;
    return (span){name.start, 0};
  }
  size_t length = (size_t)(colon - name.start);
  *local = (span){colon + 1, name.count - length - 1};
  return (span){name.start, length};
}

// Goes to the first `text` at or after `at`, or to the end.
static size_t find(span packet, size_t at, const char *text) {
  size_t length = strlen(text);
  while (at + length <= packet.count) {
    const uint8_t *next = memchr(packet.start + at, text[0], packet.count - at - length + 1);
    if (!next) break;
    at = (size_t)(next - packet.start);
    if (memcmp(next, text, length) == 0) return at;
    at++;
  }
  return packet.count;
}

static span read_name(span packet, size_t *at) {
  size_t first = *at;
  while (*at < packet.count && is_name(packet.start[*at])) ++*at;
  return (span){packet.start + first, *at - first};
}

static void skip_space(span packet, size_t *at) {
  while (*at < packet.count && is_space(packet.start[*at])) ++*at;
}

// The next attribute of the tag that `at` is in; false at the tag's end.
static bool next_attribute(span packet, size_t *at, span *name, span *value) {
  for (;;) {
    skip_space(packet, at);
    if (*at >= packet.count || packet.start[*at] == '>' || packet.start[*at] == '<') return false;
    *name = read_name(packet, at);
    skip_space(packet, at);
    if (name->count == 0 || *at >= packet.count || packet.start[*at] != '=') {
      if (name->count == 0) ++*at;  // a slash, or what no tag has
      continue;
    }
    ++*at;
    skip_space(packet, at);
    if (*at >= packet.count) return false;
    uint8_t quote = packet.start[*at];
    if (quote != '"' && quote != '\'') continue;
    const uint8_t *first = packet.start + *at + 1;
    const uint8_t *last = memchr(first, quote, packet.count - *at - 1);
    if (!last) {
      *at = packet.count;  // no tag ends well from here on; looking on would take forever
      return false;
    }
    *value = (span){first, (size_t)(last - first)};
    *at = (size_t)(last - packet.start) + 1;
    return true;
  }
}

// A number from 1 to 8 with nothing but space around it, or 0.
static int32_t number(span text) {
  size_t at = 0;
  skip_space(text, &at);
  while (at + 1 < text.count && text.start[at] == '0') at++;
  if (at == text.count || text.start[at] < '1' || text.start[at] > '8') return 0;
  int32_t value = text.start[at++] - '0';
  skip_space(text, &at);
  return at == text.count ? value : 0;
}

static bool is_tiffs(span prefix, const prefix_list *known) {
  if (known->count == 0) return equals(prefix, "tiff");  // a fragment that declares nothing
  for (int i = 0; i < known->count; i++) {
    span other = known->prefixes[i];
    if (prefix.count == other.count && memcmp(prefix.start, other.start, other.count) == 0) {
      return true;
    }
  }
  return false;
}

static void note_prefix(span name, span value, prefix_list *known) {
  if (known->count == MOST_PREFIXES || !equals(value, tiff_namespace)) return;
  span local, prefix = prefix_of(name, &local);
  if (equals(name, "xmlns")) {
    known->prefixes[known->count++] = (span){name.start, 0};
  } else if (equals(prefix, "xmlns")) {
    known->prefixes[known->count++] = local;
  }
}

// Goes through all tags: notes the prefixes, or where `known` is complete looks for the orientation.
static int32_t go_through(span packet, prefix_list *known, bool is_complete) {
  for (size_t at = 0; (at = find(packet, at, "<")) < packet.count;) {
    span rest = {packet.start + at, packet.count - at};
    if (rest.count >= 4 && memcmp(rest.start, "<!--", 4) == 0) {
      at = find(packet, at + 4, "-->");
      continue;
    }
    at++;
    span local, name, value, tag = read_name(packet, &at);
    span prefix = prefix_of(tag, &local);
    bool is_element = is_complete && equals(local, "Orientation") && is_tiffs(prefix, known);
    while (next_attribute(packet, &at, &name, &value)) {
      if (!is_complete) {
        note_prefix(name, value, known);
        continue;
      }
      prefix = prefix_of(name, &local);
      // An attribute without a prefix is in no namespace.
      if (prefix.count > 0 && equals(local, "Orientation") && is_tiffs(prefix, known)) {
        int32_t found = number(value);
        if (found) return found;
      }
    }
    if (is_element && at < packet.count && packet.start[at] == '>') {
      size_t end = find(packet, at, "<");
      int32_t found = number((span){packet.start + at + 1, end - at - 1});
      if (found) return found;
    }
  }
  return 0;
}

int32_t cimage_xmp_orientation(const uint8_t *bytes, size_t count) {
  if (count > MOST_PACKET) count = MOST_PACKET;
  span packet = {bytes, count};
  if (find(packet, 0, "Orientation") == count) return 0;
  prefix_list known = {.count = 0};
  go_through(packet, &known, false);
  return go_through(packet, &known, true);
}
