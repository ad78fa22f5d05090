/* The first instructions of an emulated Cortex-M board: its floating point is turned on, then the C library starts. */
#include <stdint.h>

extern void _start(void);
void reset(void);

__attribute__((section(".vectors"), used)) const void *const vectors[2] = {(void *)0x203ffff0, (void *)reset};

void reset(void) {
#ifdef __ARM_FP
  *(volatile uint32_t *)0xE000ED88 |= 0xF << 20;
  __asm__ volatile("dsb\nisb");
#endif
  _start();
}
