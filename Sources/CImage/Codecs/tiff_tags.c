// The integers of a TIFF block's first directory by their tags: EXIF is such a block, and so is a TIFF
// file, in its classic form and as BigTIFF.

#include "tiff_tags.h"

#include <string.h>

#include "bytes.h"

typedef struct {
  const uint8_t *bytes;
  size_t count;
  bool big_endian, is_big_tiff;
} tiff_block;

static uint32_t read16(const tiff_block *block, size_t at) {
  return (block->big_endian ? big16 : little16)(block->bytes + at);
}

static uint32_t read32(const tiff_block *block, size_t at) {
  return (block->big_endian ? big32 : little32)(block->bytes + at);
}

static uint64_t read64(const tiff_block *block, size_t at) {
  uint64_t first = read32(block, at), second = read32(block, at + 4);
  return block->big_endian ? first << 32 | second : second << 32 | first;
}

static bool open_block(const uint8_t *bytes, size_t count, tiff_block *block) {
  // Some writers put the name of the JPEG segment before it, and some twice.
  while (count >= 6 && memcmp(bytes, "Exif\0\0", 6) == 0) {
    bytes += 6;
    count -= 6;
  }
  if (count < 8) return false;
  *block = (tiff_block){.bytes = bytes, .count = count};
  if (memcmp(bytes, "MM", 2) == 0) {
    block->big_endian = true;
  } else if (memcmp(bytes, "II", 2) != 0) {
    return false;
  }
  uint32_t version = read16(block, 2);
  block->is_big_tiff = version == 43;
  return version == 42 || (block->is_big_tiff && count >= 16);
}

bool cimage_is_tiff(const uint8_t *bytes, size_t count) {
  tiff_block block;
  return count >= 8 && memcmp(bytes, "Ex", 2) != 0 && open_block(bytes, count, &block);
}

// The bytes of a value of one of the integer types, or 0.
static size_t size_of_type(uint32_t type) {
  switch (type) {
    case 1:   // BYTE
    case 6:   // SBYTE
      return 1;
    case 3:   // SHORT
    case 8:   // SSHORT
      return 2;
    case 4:   // LONG
    case 9:   // SLONG
    case 13:  // IFD
      return 4;
    default: return 0;
  }
}

// The first of an entry's values; they lie in the entry where they fit, else elsewhere in the block.
static bool first_value(
    const tiff_block *block, size_t entry, uint32_t least, uint32_t most, uint32_t *value) {
  uint32_t type = read16(block, entry + 2);
  size_t size = size_of_type(type), room = block->is_big_tiff ? 8 : 4;
  uint64_t number = block->is_big_tiff ? read64(block, entry + 4) : read32(block, entry + 4);
  if (size == 0 || number == 0) return false;
  uint64_t at = entry + (block->is_big_tiff ? 12 : 8);
  if (number > room / size) at = block->is_big_tiff ? read64(block, at) : read32(block, at);
  if (at > block->count || block->count - at < size) return false;
  uint32_t found = size == 1   ? block->bytes[at]
                   : size == 2 ? read16(block, (size_t)at)
                               : read32(block, (size_t)at);
  // A negative number is above any limit but the highest, which nobody gives a signed one.
  if (found < least || found > most) return false;
  *value = found;
  return true;
}

// Goes to the next entry of the tag in the first directory, from `*index` on.
static bool find_entry(const tiff_block *block, uint32_t tag, uint64_t *index, size_t *entry) {
  uint64_t directory = block->is_big_tiff ? read64(block, 8) : read32(block, 4);
  size_t head = block->is_big_tiff ? 8 : 2, step = block->is_big_tiff ? 20 : 12;
  if (directory > block->count || block->count - directory < head) return false;
  size_t first = (size_t)directory + head;
  uint64_t entries = block->is_big_tiff ? read64(block, (size_t)directory)
                                        : read16(block, (size_t)directory);
  uint64_t most = (block->count - first) / step;
  for (; *index < entries && *index < most; ++*index) {
    *entry = first + (size_t)*index * step;
    if (read16(block, *entry) == tag) return true;
  }
  return false;
}

bool cimage_tiff_integer(
    const uint8_t *bytes, size_t count, uint32_t tag, uint32_t least, uint32_t most,
    uint32_t *value) {
  tiff_block block;
  if (!open_block(bytes, count, &block)) return false;
  size_t entry;
  for (uint64_t index = 0; find_entry(&block, tag, &index, &entry); index++) {
    if (first_value(&block, entry, least, most, value)) return true;
  }
  return false;
}

bool cimage_tiff_bytes(
    const uint8_t *bytes, size_t count, uint32_t tag, size_t *start, size_t *length) {
  tiff_block block;
  uint64_t index = 0;
  size_t entry;
  if (!open_block(bytes, count, &block) || !find_entry(&block, tag, &index, &entry)) return false;
  uint32_t type = read16(&block, entry + 2);
  if (type != 1 && type != 7) return false;  // BYTE and UNDEFINED
  uint64_t number = block.is_big_tiff ? read64(&block, entry + 4) : read32(&block, entry + 4);
  uint64_t at = block.is_big_tiff ? read64(&block, entry + 12) : read32(&block, entry + 8);
  // So few as fit into the entry are no text worth reading.
  if (number <= 8 || at > block.count || block.count - at < number) return false;
  *start = (size_t)at + (size_t)(block.bytes - bytes);
  *length = (size_t)number;
  return true;
}
