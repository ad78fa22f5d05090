/* Prepares and decodes what in.bin holds, through semihosting's files, and writes all that comes out to out.bin. */
#include <stdint.h>
#include <stdio.h>

#include "decoding.h"
#include "preparation.h"

#define COUNT MODEL_INPUT_0_ELEMENTS
#define BEST 5

static float given[COUNT], read_back[COUNT], scores[COUNT];
static model_input_0 input[COUNT];
static model_output_0 output[COUNT];
static size_t places[BEST];

int main(void) {
  FILE *in = fopen("in.bin", "rb");
  FILE *out = fopen("out.bin", "wb");
  while (fread(given, sizeof given[0], COUNT, in) == COUNT && fread(output, sizeof output[0], COUNT, in) == COUNT) {
    model_store_input_0(given, input, COUNT);
    fwrite(input, sizeof input[0], COUNT, out);
    model_read_output_0(output, read_back, COUNT);
    fwrite(read_back, sizeof read_back[0], COUNT, out);
    model_scores(output, scores);
    fwrite(scores, sizeof scores[0], COUNT, out);
    model_best(scores, places, BEST);
    for (size_t rank = 0; rank < BEST; ++rank) {
      const int32_t place = (int32_t)places[rank];
      fwrite(&place, sizeof place, 1, out);
    }
  }
  return fclose(out);
}
