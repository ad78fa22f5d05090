// A stand-in for tests: variables, and the allocator that they are made with.
#ifndef STAND_IN_MICRO_RESOURCE_VARIABLE_H
#define STAND_IN_MICRO_RESOURCE_VARIABLE_H

#include <stddef.h>
#include <stdint.h>

namespace tflite {
namespace micro {

enum class MemoryPlannerType { kGreedy, kLinear };

class MicroAllocator {
 public:
  static MicroAllocator* Create(uint8_t* arena, size_t size, MemoryPlannerType planner = MemoryPlannerType::kGreedy);
};

class MicroResourceVariables {
 public:
  static MicroResourceVariables* Create(MicroAllocator* allocator, int count);
};

}  // namespace micro
}  // namespace tflite

#endif
