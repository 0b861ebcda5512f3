// The Huffman codes of baseline JPEGs: most of the time that decoding one takes.
//
// libjpeg looks up 8 bits at a time and takes bytes one by one. This looks up 10, which give most
// coefficients whole (run, length and value in one entry, as stb_image has it), and takes 8 bytes where
// none of them is 0xFF. What it makes of a good file are libjpeg's coefficients; of any other it gives up,
// and the file is decoded as if this were not here.
//
// T.81, F.2.2; S. Barrett's stb_image.h (fast AC); F. Giesen, "Reading bits in far too many ways".

#include "jpeg_huffman.h"

#include <string.h>

// Bits of one look-up, and so many short codes fit what a refill leaves.
enum { LOOKED_AT = 10, AT_ONCE = 56 / LOOKED_AT, LONGEST = 16, TABLES = NUM_HUFF_TBLS };

// The first members of libjpeg's own, which have been these since version 6b.
struct jpeg_entropy_decoder {
  void (*start_pass)(j_decompress_ptr codec);
  boolean (*decode_mcu)(j_decompress_ptr codec, JBLOCKROW *blocks);
};

typedef struct {
  int16_t first, second;  // their values; where there is one only, both are it
  uint8_t run, step;      // zeros before the first, and from there to the second
  uint8_t bits;           // of both; 0 where there is none
  uint8_t first_bits;
} coefficients;

typedef struct {
  // By the next 10 bits: symbol << 8 | bits of the code; 0 where that is longer.
  uint16_t codes[1 << LOOKED_AT];
  // By the same: one or two coefficients of which value and code are among them; of AC alone.
  coefficients coefficients[1 << LOOKED_AT];
  // Of codes of each length: the first one above them, left-aligned in 16 bits, and what leads from a code
  // to its symbol.
  int32_t limit[LONGEST + 2];
  int32_t offset[LONGEST + 1];
  // What it was made from.
  JHUFF_TBL source;
  bool is_made;
} huffman_table;

typedef struct {
  const uint8_t *next, *end;
  uint64_t bits;    // the next ones, from the highest on
  int32_t count;    // how many of them there are; below 0 once more were taken
  bool is_stopped;  // at a marker or the end
} bit_reader;

struct cimage_huffman {
  huffman_table dc[TABLES], ac[TABLES];
  bit_reader reader;
  int32_t predictions[MAX_COMPS_IN_SCAN];
  uint32_t until_restart, restarts;
  uint64_t mcus;  // that are left
};

size_t cimage_huffman_size(void) { return sizeof(cimage_huffman); }

static const uint8_t natural_order[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,   //
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,  //
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,  //
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

// What `size` bits mean (T.81, table F.1): those that begin with 0 are negative.
static inline int32_t extended(int32_t bits, int32_t size) {
  return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}

// The coefficient at the beginning of the LOOKED_AT `bits`, of which `known` are known.
static coefficients one_coefficient(const huffman_table *table, int32_t bits, int32_t known) {
  int32_t code = table->codes[bits], length = code & 255, size = code >> 8 & 15;
  coefficients none = {0};
  if (code == 0 || size == 0 || length + size > known) return none;
  int32_t value = extended(bits >> (LOOKED_AT - length - size) & ((1 << size) - 1), size);
  return (coefficients){
      .first = (int16_t)value,
      .second = (int16_t)value,
      .run = (uint8_t)(code >> 12),
      .bits = (uint8_t)(length + size),
      .first_bits = (uint8_t)(length + size)};
}

static void make_coefficients(huffman_table *table) {
  const int32_t mask = (1 << LOOKED_AT) - 1;
  for (int32_t bits = 0; bits <= mask; bits++) {
    coefficients both = one_coefficient(table, bits, LOOKED_AT);
    if (both.bits > 0) {
      coefficients second =
          one_coefficient(table, bits << both.bits & mask, LOOKED_AT - both.bits);
      if (second.bits > 0) {
        both.second = second.first;
        both.step = second.run + 1;
        both.bits += second.bits;
      }
    }
    table->coefficients[bits] = both;
  }
}

// False where the lengths are no prefix code's.
static bool make_table(huffman_table *table, const JHUFF_TBL *source, bool is_ac) {
  // The last member is the encoder's.
  if (table->is_made && memcmp(table->source.bits, source->bits, sizeof source->bits) == 0 &&
      memcmp(table->source.huffval, source->huffval, sizeof source->huffval) == 0) {
    return true;
  }
  table->is_made = false;
  memset(table->codes, 0, sizeof table->codes);
  int32_t code = 0, symbols = 0;
  for (int32_t length = 1; length <= LONGEST; length++) {
    table->offset[length] = symbols - code;
    for (int32_t i = 0; i < source->bits[length]; i++, code++, symbols++) {
      if (symbols >= 256 || code >= 1 << length) return false;
      if (length > LOOKED_AT) continue;
      int32_t rest = LOOKED_AT - length;
      for (int32_t after = 0; after < 1 << rest; after++) {
        table->codes[code << rest | after] = (uint16_t)(source->huffval[symbols] << 8 | length);
      }
    }
    table->limit[length] = code << (LONGEST - length);
    code <<= 1;
  }
  if (is_ac) make_coefficients(table);
  table->limit[LONGEST + 1] = INT32_MAX;
  table->source = *source;
  table->is_made = true;
  return true;
}

static void refill_by_bytes(bit_reader *reader) {
  while (reader->count <= 56) {
    const uint8_t *next = reader->next;
    if (next == reader->end || (next[0] == 0xFF && (next + 1 == reader->end || next[1] != 0))) {
      reader->is_stopped = true;
      return;
    }
    reader->bits |= (uint64_t)next[0] << (56 - reader->count);
    reader->count += 8;
    reader->next += next[0] == 0xFF ? 2 : 1;
  }
}

// At least 56 bits, unless the data stops before.
static inline void refill(bit_reader *reader) {
  if (reader->is_stopped) return;
  if (reader->end - reader->next >= 8) {
    uint64_t word;
    memcpy(&word, reader->next, 8);
    if (((~word - 0x0101010101010101u) & word & 0x8080808080808080u) == 0) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
      word = __builtin_bswap64(word);
#endif
      reader->bits |= word >> reader->count;
      reader->next += (63 - reader->count) >> 3;
      reader->count |= 56;
      return;
    }
  }
  refill_by_bytes(reader);
}

static inline void take(bit_reader *reader, int32_t count) {
  reader->bits <<= count;
  reader->count -= count;
}

// The symbol of a code, whose bits are taken; -1 for none.
static int32_t long_symbol(bit_reader *reader, const huffman_table *table) {
  int32_t code = (int32_t)(reader->bits >> 48), length = LOOKED_AT + 1;
  while (code >= table->limit[length]) length++;
  if (length > LONGEST) return -1;
  take(reader, length);
  return table->source.huffval[((code >> (LONGEST - length)) + table->offset[length]) & 255];
}

static inline int32_t take_symbol(bit_reader *reader, const huffman_table *table) {
  int32_t code = table->codes[reader->bits >> (64 - LOOKED_AT)];
  if (code == 0) return long_symbol(reader, table);
  take(reader, code & 255);
  return code >> 8;
}

static inline int32_t take_value(bit_reader *reader, int32_t size) {
  int32_t bits = (int32_t)(reader->bits >> (64 - size));
  take(reader, size);
  return extended(bits, size);
}

// The difference of a DC coefficient; false for a code that is none.
static inline bool decode_dc(bit_reader *reader, const huffman_table *table, int32_t *value) {
  refill(reader);
  int32_t symbol = take_symbol(reader, table);
  if (symbol < 0 || symbol > 15) return false;
  *value = symbol ? take_value(reader, symbol) : 0;
  return true;
}

// The other 63 into `block`, which is zeros, or nowhere; false where they are not 63.
static inline bool decode_ac(bit_reader *reader, const huffman_table *table, JCOEF *block) {
  // A copy that no write to the block can be thought to change.
  bit_reader local = *reader;
  int32_t k = 1;
  while (k < 64) {
    refill(&local);
    // So many short ones need no more bits, which a branch for each would be mispredicted for.
    for (int32_t i = 0; i < AT_ONCE; i++) {
      const coefficients *found = &table->coefficients[local.bits >> (64 - LOOKED_AT)];
      if (found->bits == 0) goto other;
      int32_t last = k + found->run + found->step;
      if (last > 63) goto end;
      if (block) {
        block[natural_order[k + found->run]] = found->first;
        block[natural_order[last]] = found->second;
      }
      take(&local, found->bits);
      k = last + 1;
    }
    continue;
  end: {
    // What follows the last coefficient is the next block's.
    if (k == 64) break;
    const coefficients *found = &table->coefficients[local.bits >> (64 - LOOKED_AT)];
    k += found->run;
    if (k > 63) return false;
    if (block) block[natural_order[k]] = found->first;
    take(&local, found->first_bits);
    k++;
    continue;
  }
  other:
    if (k == 64) break;
    if (local.count < 32) refill(&local);
    int32_t symbol = take_symbol(&local, table);
    if (symbol < 0) return false;
    int32_t size = symbol & 15;
    k += symbol >> 4;
    if (size == 0) {
      if (symbol != 0xF0) {
        k = 64;
        break;
      }
    } else if (k > 63) {
      return false;
    } else {
      int32_t value = take_value(&local, size);
      if (block) block[natural_order[k]] = (JCOEF)value;
    }
    k++;
  }
  *reader = local;
  return k == 64;
}

// Goes over a restart marker, which must be the next one and stand right there.
static bool restart(cimage_huffman *huffman, j_decompress_ptr codec) {
  bit_reader *reader = &huffman->reader;
  refill(reader);
  if (!reader->is_stopped || reader->count > 7 || reader->end - reader->next < 2 ||
      reader->next[1] != 0xD0 + (huffman->restarts & 7)) {
    return false;
  }
  *reader = (bit_reader){.next = reader->next + 2, .end = reader->end};
  memset(huffman->predictions, 0, sizeof huffman->predictions);
  huffman->until_restart = codec->restart_interval;
  huffman->restarts++;
  return true;
}

static boolean decode_mcu(j_decompress_ptr codec, JBLOCKROW *blocks) {
  cimage_huffman *huffman = cimage_huffman_of(codec);
  if (huffman->mcus == 0) cimage_huffman_give_up(codec);
  if (codec->restart_interval) {
    if (huffman->until_restart == 0 && !restart(huffman, codec)) cimage_huffman_give_up(codec);
    huffman->until_restart--;
  }
  for (int32_t i = 0; i < codec->blocks_in_MCU; i++) {
    int32_t component = codec->MCU_membership[i];
    const jpeg_component_info *info = codec->cur_comp_info[component];
    JCOEF *block = blocks && info->component_needed ? blocks[i][0] : NULL;
    int32_t difference;
    if (!decode_dc(&huffman->reader, &huffman->dc[info->dc_tbl_no], &difference)) cimage_huffman_give_up(codec);
    int32_t value = huffman->predictions[component] += difference;
    if (value != (JCOEF)value) cimage_huffman_give_up(codec);
    if (block) block[0] = (JCOEF)value;
    bool is_good = decode_ac(&huffman->reader, &huffman->ac[info->ac_tbl_no], block);
    if (!is_good || huffman->reader.count < 0) cimage_huffman_give_up(codec);
  }
  if (--huffman->mcus == 0) {
    // Where libjpeg looks for the marker after the scan.
    codec->src->next_input_byte = huffman->reader.next;
    codec->src->bytes_in_buffer = (size_t)(huffman->reader.end - huffman->reader.next);
  }
  return TRUE;
}

bool cimage_huffman_take_over(cimage_huffman *huffman, j_decompress_ptr codec) {
  if (codec->progressive_mode || codec->arith_code || codec->data_precision != 8 ||
      codec->comps_in_scan != codec->num_components || codec->unread_marker != 0) {
    return false;
  }
  for (int32_t i = 0; i < codec->comps_in_scan; i++) {
    const jpeg_component_info *info = codec->cur_comp_info[i];
    if (info->dc_tbl_no < 0 || info->dc_tbl_no >= TABLES || info->ac_tbl_no < 0 ||
        info->ac_tbl_no >= TABLES) {
      return false;
    }
    const JHUFF_TBL *dc = codec->dc_huff_tbl_ptrs[info->dc_tbl_no];
    const JHUFF_TBL *ac = codec->ac_huff_tbl_ptrs[info->ac_tbl_no];
    if (!dc || !ac || !make_table(&huffman->dc[info->dc_tbl_no], dc, false) ||
        !make_table(&huffman->ac[info->ac_tbl_no], ac, true)) {
      return false;
    }
  }
  const uint8_t *next = codec->src->next_input_byte;
  huffman->reader = (bit_reader){.next = next, .end = next + codec->src->bytes_in_buffer};
  huffman->until_restart = codec->restart_interval;
  huffman->restarts = 0;
  huffman->mcus = (uint64_t)codec->MCUs_per_row * codec->MCU_rows_in_scan;
  memset(huffman->predictions, 0, sizeof huffman->predictions);
  codec->entropy->decode_mcu = decode_mcu;
  return true;
}
