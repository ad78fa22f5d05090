// Made by Edgewright of @MODEL@. Plain Java, which runs on Android too.
package edgewright;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** What the outputs of the model mean. */
public final class Answer {
    /** Less sure things are left out. */
    public static final float THRESHOLD = @THRESHOLD@;

    private Answer() {}

    /** The things found, the surest first; `outputs` are the bytes of all outputs in the order of the file. */
    public static List<Found> of(ByteBuffer[] outputs, List<String> labels, Preparation prepared) {
        return of(outputs, labels, prepared, THRESHOLD);
    }

    /** The same with a threshold of your own. */
    public static List<Found> of(ByteBuffer[] outputs, List<String> labels, Preparation prepared, float threshold) {
        @DECODE@
    }

    private static String name(List<String> labels, int index) {
        return index >= 0 && index < labels.size() ? labels.get(index) : "class " + index;
    }

    private static void sort(Integer[] order, float[] scores) {
        java.util.Arrays.sort(order, (one, other) -> Float.compare(scores[other], scores[one]));
    }

    private static Integer[] places(int count) {
        Integer[] places = new Integer[count];
        for (int i = 0; i < count; i++) {
            places[i] = i;
        }
        return places;
    }

    /** The real numbers that an output stands for. */
    private static float[] numbers(ByteBuffer output, char kind, float scale, float zero) {
        ByteBuffer bytes = output.duplicate().order(ByteOrder.nativeOrder());
        bytes.rewind();
        float[] numbers = new float[bytes.remaining() / (kind == 'f' ? 4 : 1)];
        for (int i = 0; i < numbers.length; i++) {
            if (kind == 'f') {
                numbers[i] = bytes.getFloat();
            } else {
                int stored = kind == 'u' ? bytes.get() & 255 : bytes.get();
                numbers[i] = scale == 0 ? stored : (stored - zero) * scale;
            }
        }
        return numbers;
    }
@MORE@}
