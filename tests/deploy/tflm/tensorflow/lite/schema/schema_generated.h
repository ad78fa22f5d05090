// A stand-in for tests: the few declarations of TensorFlow Lite's schema that exported code uses.
#ifndef STAND_IN_SCHEMA_GENERATED_H
#define STAND_IN_SCHEMA_GENERATED_H

#include <stdint.h>
#include <string.h>

namespace tflite {

enum BuiltinOperator : int32_t {};

// A table of a flatbuffer; its first field is the version.
struct Model {
  uint32_t version() const {
    const unsigned char* table = reinterpret_cast<const unsigned char*>(this);
    int32_t back;
    uint16_t offset;
    uint32_t found;
    memcpy(&back, table, sizeof back);
    memcpy(&offset, table - back + 4, sizeof offset);
    memcpy(&found, table + offset, sizeof found);
    return found;
  }
};

inline const Model* GetModel(const void* data) {
  uint32_t root;
  memcpy(&root, data, sizeof root);
  return reinterpret_cast<const Model*>(static_cast<const unsigned char*>(data) + root);
}

}  // namespace tflite

#endif
