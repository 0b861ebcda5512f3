#ifndef CIMAGE_JPEG_HUFFMAN_H
#define CIMAGE_JPEG_HUFFMAN_H

#include <stdio.h>  // jpeglib.h wants FILE

#include <jpeglib.h>

#include "internal.h"

// How libjpeg's Huffman decoder is stood in for: the same coefficients, in about half the time.
typedef struct cimage_huffman cimage_huffman;

// Bytes that one takes; they may hold the tables of an earlier picture or zeros.
size_t cimage_huffman_size(void);

// Whether it can decode what `codec`, which was started, is to read: one scan of baseline Huffman codes
// with an end. If so, it takes over.
bool cimage_huffman_take_over(cimage_huffman *huffman, j_decompress_ptr codec);

// Called with a codec whose data is not what it should be, to leave by longjmp: libjpeg then says what
// is wrong. And the decoder of a codec.
_Noreturn void cimage_huffman_give_up(j_decompress_ptr codec);
cimage_huffman *cimage_huffman_of(j_decompress_ptr codec);

#endif
