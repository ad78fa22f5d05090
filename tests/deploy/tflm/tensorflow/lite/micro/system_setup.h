// A stand-in for tests: a desk has nothing to set up.
#ifndef STAND_IN_SYSTEM_SETUP_H
#define STAND_IN_SYSTEM_SETUP_H

namespace tflite {
inline void InitializeTarget() {}
}  // namespace tflite

#endif
