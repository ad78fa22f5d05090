// Made by Edgewright of @MODEL@. Needs Java 22 or later.
package edgewright;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** @TITLE@: pictures in, labels with scores out. */
public final class @CLASS@ implements AutoCloseable {
    private final LiteRt model;
    private final List<String> labels;

    /** Open model.tflite and labels.txt of a folder; `library` is LiteRT's (libLiteRt.so, .dylib or .dll). */
    public @CLASS@(Path library, Path folder) throws IOException {
        model = new LiteRt(library, folder.resolve("model.tflite"));
        labels = Files.readAllLines(folder.resolve("labels.txt"));
    }

    /** What is in a picture, which `Photo.read` reads upright; the surest first. */
    public List<Found> find(BufferedImage picture) {
        return find(picture, Answer.THRESHOLD);
    }

    /** The same with a threshold of your own. */
    public List<Found> find(BufferedImage picture, float threshold) {
        int width = picture.getWidth(), height = picture.getHeight();
        Preparation prepared = Preparation.of(Photo.pixels(picture), width, height);
        return Answer.of(model.run(prepared.tensor), labels, prepared, threshold);
    }

    @Override
    public void close() {
        model.close();
    }

    /** Usage: java --enable-native-access=ALL-UNNAMED -Dlitert=libLiteRt.so edgewright/@CLASS@.java photo.jpg */
    public static void main(String[] paths) throws IOException {
        Path folder = Path.of(System.getProperty("folder", "."));
        float threshold = Float.parseFloat(System.getProperty("threshold", "" + Answer.THRESHOLD));
        try (@CLASS@ model = new @CLASS@(Path.of(System.getProperty("litert")).toAbsolutePath(), folder)) {
            for (String path : paths) {
                model.find(Photo.read(Path.of(path)), threshold).stream().limit(@MOST@).forEach(System.out::println);
            }
        }
    }
}
