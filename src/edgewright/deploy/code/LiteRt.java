// Made by Edgewright of @MODEL@. Needs Java 22 or later, and LiteRT's C library as ai-edge-litert @LITERT@ has it.
package edgewright;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A model that LiteRT runs on the CPU. For one thread at a time. */
public final class LiteRt implements AutoCloseable {
    private static final int CPU = 1, READ = 0, WRITE = 1;
    /** A layout is its rank and two times eight sizes, 4 bytes each; a type has the kind of its numbers before that. */
    private static final int LAYOUT = 68, TYPE = 4 + LAYOUT;

    private final Arena arena = Arena.ofConfined();
    private final Map<String, MethodHandle> functions = new HashMap<>();
    private final SymbolLookup library;
    private final MemorySegment pointer = arena.allocate(ADDRESS), size = arena.allocate(JAVA_LONG);
    private final MemorySegment environment, options, model, compiled, signature, inputs, outputs;
    private final int given, made;

    /** Open a model with the library (libLiteRt.so, .dylib or .dll). */
    public LiteRt(Path library, Path file) {
        this.library = SymbolLookup.libraryLookup(library, arena);
        environment = got("LiteRtCreateEnvironment", 0, MemorySegment.NULL);
        options = got("LiteRtCreateOptions");
        call("LiteRtSetOptionsHardwareAccelerators", options, CPU);
        model = got("LiteRtCreateModelFromFile", environment, arena.allocateFrom(file.toString()));
        compiled = got("LiteRtCreateCompiledModel", environment, model, options);
        signature = got("LiteRtGetModelSignature", model, 0L);
        given = (int) counted("LiteRtGetNumSignatureInputs", signature);
        made = (int) counted("LiteRtGetNumSignatureOutputs", signature);
        inputs = arena.allocate(ADDRESS, given);
        outputs = arena.allocate(ADDRESS, made);
        MemorySegment layouts = arena.allocate((long) LAYOUT * made, 4);
        call("LiteRtGetCompiledModelOutputTensorLayouts", compiled, 0L, (long) made, layouts, 1);
        for (int place = 0; place < given; place++) {
            inputs.setAtIndex(ADDRESS, place, buffer("Input", place, null));
        }
        for (int place = 0; place < made; place++) {
            outputs.setAtIndex(ADDRESS, place, buffer("Output", place, layouts.asSlice((long) LAYOUT * place, LAYOUT)));
        }
    }

    /** Run the model on the bytes of its inputs, and return those of its outputs. */
    public ByteBuffer[] run(ByteBuffer... tensors) {
        if (tensors.length != given) {
            throw new IllegalArgumentException("the model has " + given + " inputs, and not " + tensors.length);
        }
        for (int place = 0; place < given; place++) {
            MemorySegment input = inputs.getAtIndex(ADDRESS, place), bytes = MemorySegment.ofBuffer(tensors[place]);
            long wanted = counted("LiteRtGetTensorBufferPackedSize", input);
            if (bytes.byteSize() != wanted) {
                throw new IllegalArgumentException("an input has " + wanted + " bytes, and not " + bytes.byteSize());
            }
            locked(input, WRITE, wanted).copyFrom(bytes);
            call("LiteRtUnlockTensorBuffer", input);
        }
        call("LiteRtRunCompiledModel", compiled, 0L, (long) given, inputs, (long) made, outputs);
        ByteBuffer[] results = new ByteBuffer[made];
        for (int place = 0; place < made; place++) {
            MemorySegment output = outputs.getAtIndex(ADDRESS, place);
            long length = counted("LiteRtGetTensorBufferPackedSize", output);
            results[place] = ByteBuffer.allocate((int) length).order(ByteOrder.nativeOrder());
            MemorySegment.ofBuffer(results[place]).copyFrom(locked(output, READ, length));
            call("LiteRtUnlockTensorBuffer", output);
        }
        return results;
    }

    @Override
    public void close() {
        for (int place = 0; place < given; place++) {
            destroy("TensorBuffer", inputs.getAtIndex(ADDRESS, place));
        }
        for (int place = 0; place < made; place++) {
            destroy("TensorBuffer", outputs.getAtIndex(ADDRESS, place));
        }
        destroy("CompiledModel", compiled);
        destroy("Options", options);
        destroy("Model", model);
        destroy("Environment", environment);
        arena.close();
    }

    private MemorySegment buffer(String side, int place, MemorySegment layout) {
        MemorySegment type = arena.allocate(TYPE, 8);
        call("LiteRtGetRankedTensorType", got("LiteRtGetSignature" + side + "TensorByIndex", signature, (long) place), type);
        if (layout != null) { // the file may not say it
            type.asSlice(4).copyFrom(layout);
        }
        MemorySegment wanted = got("LiteRtGetCompiledModel" + side + "BufferRequirements", compiled, 0L, (long) place);
        return got("LiteRtCreateManagedTensorBufferFromRequirements", environment, type, wanted);
    }

    private MemorySegment locked(MemorySegment buffer, int mode, long length) {
        call("LiteRtLockTensorBuffer", buffer, pointer, mode);
        return pointer.get(ADDRESS, 0).reinterpret(length);
    }

    /** What a function leaves behind the pointer that is its last argument. */
    private MemorySegment got(String name, Object... arguments) {
        call(name, with(arguments, pointer));
        return pointer.get(ADDRESS, 0);
    }

    private long counted(String name, Object... arguments) {
        call(name, with(arguments, size));
        return size.get(JAVA_LONG, 0);
    }

    private static Object[] with(Object[] arguments, Object last) {
        Object[] all = java.util.Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = last;
        return all;
    }

    private void call(String name, Object... arguments) {
        int status = (int) invoke(name, JAVA_INT, arguments);
        if (status != 0) {
            throw new IllegalStateException(name + " failed with status " + status);
        }
    }

    private void destroy(String what, MemorySegment handle) {
        invoke("LiteRtDestroy" + what, null, handle);
    }

    private Object invoke(String name, MemoryLayout result, Object... arguments) {
        try {
            return functions.computeIfAbsent(name, wanted -> bound(wanted, result, arguments)).invokeWithArguments(arguments);
        } catch (RuntimeException | Error error) {
            throw error;
        } catch (Throwable error) {
            throw new IllegalStateException(name, error);
        }
    }

    private MethodHandle bound(String name, MemoryLayout result, Object[] arguments) {
        MemoryLayout[] kinds = new MemoryLayout[arguments.length];
        for (int i = 0; i < kinds.length; i++) {
            kinds[i] = arguments[i] instanceof MemorySegment ? ADDRESS : arguments[i] instanceof Long ? JAVA_LONG : JAVA_INT;
        }
        FunctionDescriptor form = result == null ? FunctionDescriptor.ofVoid(kinds) : FunctionDescriptor.of(result, kinds);
        return Linker.nativeLinker().downcallHandle(library.find(name).orElseThrow(), form);
    }
}
