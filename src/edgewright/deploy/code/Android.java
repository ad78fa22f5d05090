// Made by Edgewright of @MODEL@. Not tried on Android: only compiled against stand-ins.
package edgewright;

import android.content.Context;
import android.graphics.Bitmap;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.lite.Interpreter;

/** @TITLE@: pictures in, labels with scores out. For one thread at a time, and not for that of the screen. */
public final class @CLASS@ implements AutoCloseable {
    private final Interpreter model;
    private final List<String> labels = new ArrayList<>();

    /** Open the model and the labels among the app's assets, on so many threads. */
    public @CLASS@(Context context, int threads) throws IOException {
        Interpreter.Options options = new Interpreter.Options();
        options.setNumThreads(threads);
        model = new Interpreter(bytes(context, "edgewright/model.tflite"), options);
        model.allocateTensors();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                context.getAssets().open("edgewright/labels.txt"), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                labels.add(line);
            }
        }
    }

    /** What is in a picture, upright, the surest first. */
    public List<Found> find(Bitmap picture) {
        int width = picture.getWidth(), height = picture.getHeight();
        int[] pixels = new int[width * height];
        picture.getPixels(pixels, 0, width, 0, 0, width, height);
        Preparation prepared = Preparation.of(pixels, width, height);
        ByteBuffer[] outputs = new ByteBuffer[model.getOutputTensorCount()];
        Map<Integer, Object> places = new HashMap<>();
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = ByteBuffer.allocateDirect(model.getOutputTensor(i).numBytes()).order(ByteOrder.nativeOrder());
            places.put(i, outputs[i]);
        }
        model.runForMultipleInputsOutputs(new Object[] {prepared.tensor}, places);
        return Answer.of(outputs, labels, prepared);
    }

    @Override
    public void close() {
        model.close();
    }

    private static ByteBuffer bytes(Context context, String path) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try (InputStream stream = context.getAssets().open(path)) {
            byte[] part = new byte[1 << 16];
            for (int count = stream.read(part); count >= 0; count = stream.read(part)) {
                read.write(part, 0, count);
            }
        }
        ByteBuffer bytes = ByteBuffer.allocateDirect(read.size()).order(ByteOrder.nativeOrder());
        bytes.put(read.toByteArray());
        bytes.rewind();
        return bytes;
    }
}
