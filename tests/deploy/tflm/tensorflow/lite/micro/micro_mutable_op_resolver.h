// A stand-in for tests: a resolver with the methods of TensorFlow Lite Micro's. Which operators were added it keeps
// itself; the kernels are those that the library in the package tflite-micro registers.
#ifndef STAND_IN_MICRO_MUTABLE_OP_RESOLVER_H
#define STAND_IN_MICRO_MUTABLE_OP_RESOLVER_H

#include <stddef.h>
#include <string.h>

#include "tensorflow/lite/schema/schema_generated.h"

namespace tflite {
namespace micro {

struct TFLMRegistration;
typedef void (*BuiltinParseFunction)();

class MicroOpResolver {
 public:
  virtual const TFLMRegistration* FindOp(BuiltinOperator op) const = 0;
  virtual const TFLMRegistration* FindOp(const char* op) const = 0;
  virtual BuiltinParseFunction GetOpDataParser(BuiltinOperator op) const = 0;
  virtual ~MicroOpResolver() {}
};

}  // namespace micro

// All operators that the package brings along; made by its constructor, which fills the room.
class PythonOpsResolver {
 public:
  PythonOpsResolver();
  const micro::MicroOpResolver& all() const { return *reinterpret_cast<const micro::MicroOpResolver*>(this); }

 private:
  alignas(16) unsigned char room_[262144];
};

namespace micro {

#define STAND_IN_BUILTIN(name, code) \
  int Add##name() { return Builtin(code); }
#define STAND_IN_CUSTOM(name, op) \
  int Add##name() { return Custom(op); }

template <unsigned int tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  const TFLMRegistration* FindOp(BuiltinOperator op) const override { return Has(op) ? all_.all().FindOp(op) : nullptr; }
  const TFLMRegistration* FindOp(const char* op) const override {
    for (unsigned int place = 0; place < customs_; ++place) {
      if (strcmp(custom_[place], op) == 0) return all_.all().FindOp(op);
    }
    return nullptr;
  }
  BuiltinParseFunction GetOpDataParser(BuiltinOperator op) const override {
    return Has(op) ? all_.all().GetOpDataParser(op) : nullptr;
  }

  STAND_IN_BUILTIN(Abs, 101)
  STAND_IN_BUILTIN(Add, 0)
  STAND_IN_BUILTIN(AddN, 106)
  STAND_IN_BUILTIN(ArgMax, 56)
  STAND_IN_BUILTIN(ArgMin, 79)
  STAND_IN_BUILTIN(AssignVariable, 144)
  STAND_IN_BUILTIN(AveragePool2D, 1)
  STAND_IN_BUILTIN(BatchToSpaceNd, 37)
  STAND_IN_BUILTIN(BroadcastArgs, 145)
  STAND_IN_BUILTIN(BroadcastTo, 130)
  STAND_IN_BUILTIN(CallOnce, 129)
  STAND_IN_BUILTIN(Cast, 53)
  STAND_IN_BUILTIN(Ceil, 104)
  STAND_IN_BUILTIN(Concatenation, 2)
  STAND_IN_BUILTIN(Conv2D, 3)
  STAND_IN_BUILTIN(Cos, 108)
  STAND_IN_BUILTIN(CumSum, 128)
  STAND_IN_BUILTIN(DepthToSpace, 5)
  STAND_IN_BUILTIN(DepthwiseConv2D, 4)
  STAND_IN_BUILTIN(Dequantize, 6)
  STAND_IN_BUILTIN(Div, 42)
  STAND_IN_BUILTIN(Elu, 111)
  STAND_IN_BUILTIN(Equal, 71)
  STAND_IN_BUILTIN(Exp, 47)
  STAND_IN_BUILTIN(ExpandDims, 70)
  STAND_IN_BUILTIN(Fill, 94)
  STAND_IN_BUILTIN(Floor, 8)
  STAND_IN_BUILTIN(FloorDiv, 90)
  STAND_IN_BUILTIN(FloorMod, 95)
  STAND_IN_BUILTIN(FullyConnected, 9)
  STAND_IN_BUILTIN(Gather, 36)
  STAND_IN_BUILTIN(GatherNd, 107)
  STAND_IN_BUILTIN(Greater, 61)
  STAND_IN_BUILTIN(GreaterEqual, 62)
  STAND_IN_BUILTIN(HardSwish, 117)
  STAND_IN_BUILTIN(If, 118)
  STAND_IN_BUILTIN(L2Normalization, 11)
  STAND_IN_BUILTIN(L2Pool2D, 12)
  STAND_IN_BUILTIN(LeakyRelu, 98)
  STAND_IN_BUILTIN(Less, 58)
  STAND_IN_BUILTIN(LessEqual, 63)
  STAND_IN_BUILTIN(Log, 73)
  STAND_IN_BUILTIN(LogicalAnd, 86)
  STAND_IN_BUILTIN(LogicalNot, 87)
  STAND_IN_BUILTIN(LogicalOr, 84)
  STAND_IN_BUILTIN(Logistic, 14)
  STAND_IN_BUILTIN(LogSoftmax, 50)
  STAND_IN_BUILTIN(MaxPool2D, 17)
  STAND_IN_BUILTIN(Maximum, 55)
  STAND_IN_BUILTIN(Mean, 40)
  STAND_IN_BUILTIN(Minimum, 57)
  STAND_IN_BUILTIN(MirrorPad, 100)
  STAND_IN_BUILTIN(Mul, 18)
  STAND_IN_BUILTIN(Neg, 59)
  STAND_IN_BUILTIN(NotEqual, 72)
  STAND_IN_BUILTIN(Pack, 83)
  STAND_IN_BUILTIN(Pad, 34)
  STAND_IN_BUILTIN(PadV2, 60)
  STAND_IN_BUILTIN(Prelu, 54)
  STAND_IN_BUILTIN(Quantize, 114)
  STAND_IN_BUILTIN(ReadVariable, 143)
  STAND_IN_BUILTIN(ReduceMax, 82)
  STAND_IN_BUILTIN(Relu, 19)
  STAND_IN_BUILTIN(Relu6, 21)
  STAND_IN_BUILTIN(Reshape, 22)
  STAND_IN_BUILTIN(ResizeBilinear, 23)
  STAND_IN_BUILTIN(ResizeNearestNeighbor, 97)
  STAND_IN_BUILTIN(Round, 116)
  STAND_IN_BUILTIN(Rsqrt, 76)
  STAND_IN_BUILTIN(SelectV2, 123)
  STAND_IN_BUILTIN(Shape, 77)
  STAND_IN_BUILTIN(Sin, 66)
  STAND_IN_BUILTIN(Slice, 65)
  STAND_IN_BUILTIN(Softmax, 25)
  STAND_IN_BUILTIN(SpaceToBatchNd, 38)
  STAND_IN_BUILTIN(SpaceToDepth, 26)
  STAND_IN_BUILTIN(Split, 49)
  STAND_IN_BUILTIN(SplitV, 102)
  STAND_IN_BUILTIN(Sqrt, 75)
  STAND_IN_BUILTIN(Square, 92)
  STAND_IN_BUILTIN(SquaredDifference, 99)
  STAND_IN_BUILTIN(Squeeze, 43)
  STAND_IN_BUILTIN(StridedSlice, 45)
  STAND_IN_BUILTIN(Sub, 41)
  STAND_IN_BUILTIN(Sum, 74)
  STAND_IN_BUILTIN(Svdf, 27)
  STAND_IN_BUILTIN(Tanh, 28)
  STAND_IN_BUILTIN(Transpose, 39)
  STAND_IN_BUILTIN(TransposeConv, 67)
  STAND_IN_BUILTIN(UnidirectionalSequenceLSTM, 44)
  STAND_IN_BUILTIN(Unpack, 88)
  STAND_IN_BUILTIN(VarHandle, 142)
  STAND_IN_BUILTIN(While, 119)
  STAND_IN_BUILTIN(ZerosLike, 93)
  STAND_IN_CUSTOM(CircularBuffer, "CIRCULAR_BUFFER")
  STAND_IN_CUSTOM(Delay, "SignalDelay")
  STAND_IN_CUSTOM(DetectionPostprocess, "TFLite_Detection_PostProcess")
  STAND_IN_CUSTOM(Energy, "SignalEnergy")
  STAND_IN_CUSTOM(EthosU, "ethos-u")
  STAND_IN_CUSTOM(FftAutoScale, "SignalFftAutoScale")
  STAND_IN_CUSTOM(Framer, "SignalFramer")
  STAND_IN_CUSTOM(Irfft, "SignalIrfft")
  STAND_IN_CUSTOM(OverlapAdd, "SignalOverlapAdd")
  STAND_IN_CUSTOM(Rfft, "SignalRfft")
  STAND_IN_CUSTOM(Stacker, "SignalStacker")
  STAND_IN_CUSTOM(Window, "SignalWindow")

 private:
  bool Has(BuiltinOperator op) const {
    for (unsigned int place = 0; place < builtins_; ++place) {
      if (builtin_[place] == static_cast<int>(op)) return true;
    }
    return false;
  }
  int Builtin(int code) {
    if (builtins_ + customs_ == tOpCount) return 1;
    builtin_[builtins_++] = code;
    return 0;
  }
  int Custom(const char* name) {
    if (builtins_ + customs_ == tOpCount) return 1;
    custom_[customs_++] = name;
    return 0;
  }

  int builtin_[tOpCount];
  const char* custom_[tOpCount];
  unsigned int builtins_ = 0;
  unsigned int customs_ = 0;
  PythonOpsResolver all_;
};

}  // namespace micro
}  // namespace tflite

#endif
