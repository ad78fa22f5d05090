// Made by Edgewright of @MODEL@. Plain Java, which runs on Android too.
package edgewright;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A picture as the model takes it. */
public final class Preparation {
    public static final int HEIGHT = @HEIGHT@, WIDTH = @WIDTH@, CHANNELS = @CHANNELS@;
    @CONSTANTS@
    private static final int PRECISION = 22;

    /** The input of the model, in the byte order of this machine. */
    public final ByteBuffer tensor;
    /** The part of the picture that is used, in pixels: left, top, right and bottom. */
    public final double[] box;
    /** The part of the input that it fills, in pixels: left, top, right and bottom. */
    public final int[] to;
    public final int width, height;

    private Preparation(ByteBuffer tensor, double[] box, int[] to, int width, int height) {
        this.tensor = tensor;
        this.box = box;
        this.to = to;
        this.width = width;
        this.height = height;
    }

    /** Prepare a picture: one int a pixel, alpha, red, green and blue, as getRGB and getPixels give them. */
    public static Preparation of(int[] pixels, int width, int height) {
        @PLACE@
        int[][] planes = new int[CHANNELS][];
        for (int channel = 0; channel < CHANNELS; channel++) {
            int[] part = resize(plane(pixels, channel), width, height, box, to[2] - to[0], to[3] - to[1]);
            planes[channel] = bordered(part, to);
        }
        return new Preparation(tensor(planes), box, to, width, height);
    }

    /** What each byte of the fitted picture becomes; @MEANING@. */
    private static ByteBuffer tensor(int[][] planes) {
        ByteBuffer tensor = ByteBuffer.allocateDirect(HEIGHT * WIDTH * CHANNELS * @BYTES@);
        tensor.order(ByteOrder.nativeOrder());
        @LOOPS@
        tensor.rewind();
        return tensor;
    }

    private static void put(ByteBuffer tensor, int value, int channel) {
        @PUT@
    }

    /** One color over white paper, or the gray of all three. */
    private static int[] plane(int[] pixels, int channel) {
        int[] plane = new int[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            int pixel = pixels[i];
            plane[i] = CHANNELS == 3 ? overWhite(pixel, 16 - 8 * channel) : gray(pixel);
        }
        return plane;
    }

    private static int gray(int pixel) {
        return overWhite(pixel, 16) * 19595 + overWhite(pixel, 8) * 38470 + overWhite(pixel, 0) * 7471 + 0x8000 >> 16;
    }

    private static int overWhite(int pixel, int shift) {
        int alpha = pixel >>> 24, value = pixel >> shift & 255;
        int sum = value * alpha + 255 * (255 - alpha) + 128;
        return (sum >> 8) + sum >> 8;
    }

    private static int[] bordered(int[] part, int[] to) {
        if (to[2] - to[0] == WIDTH && to[3] - to[1] == HEIGHT) {
            return part;
        }
        int[] plane = new int[WIDTH * HEIGHT];
        java.util.Arrays.fill(plane, @PAD@);
        for (int y = to[1]; y < to[3]; y++) {
            System.arraycopy(part, (y - to[1]) * (to[2] - to[0]), plane, y * WIDTH + to[0], to[2] - to[0]);
        }
        return plane;
    }

    /** Resize a part of a plane; the filter widens where much becomes little, as Pillow does it, to the bit. */
    private static int[] resize(int[] plane, int width, int height, double[] box, int toWidth, int toHeight) {
        if (downFirst(width, height, toWidth, toHeight)) {
            return across(down(plane, width, height, box, toHeight), width, toHeight, box, toWidth);
        }
        return down(across(plane, width, height, box, toWidth), toWidth, height, box, toHeight);
    }

    /** Whether the height goes first: @ORDER@. */
    private static boolean downFirst(int width, int height, int toWidth, int toHeight) {
        return @VERTICAL@;
    }

    private static int[] across(int[] plane, int width, int height, double[] box, int toWidth) {
        float left = (float) box[0], right = (float) box[2];
        if (toWidth == width && left == 0 && right == toWidth) {
            return plane;
        }
        int[] into = new int[toWidth * height];
        pass(plane, into, width, left, right, toWidth, height, 1, width, 1, toWidth);
        return into;
    }

    private static int[] down(int[] plane, int width, int height, double[] box, int toHeight) {
        float top = (float) box[1], bottom = (float) box[3];
        if (toHeight == height && top == 0 && bottom == toHeight) {
            return plane;
        }
        int[] into = new int[width * toHeight];
        pass(plane, into, height, top, bottom, toHeight, width, width, 1, width, 1);
        return into;
    }

    /** Filter lines of `from`, whose pixels lie `step` apart and which begin `line` apart. */
    private static void pass(int[] from, int[] into, int size, float start, float end, int count, int lines,
                             int step, int line, int intoStep, int intoLine) {
        double scale = (double) (end - start) / count, wide = Math.max(scale, 1.0), support = @SUPPORT@ * wide;
        for (int place = 0; place < count; place++) {
            double center = start + (place + 0.5) * scale;
            int first = Math.max((int) (center - support + 0.5), 0);
            int[] weights = weights(first, Math.min((int) (center + support + 0.5), size), center, 1.0 / wide);
            for (int number = 0; number < lines; number++) {
                int sum = 1 << PRECISION - 1;
                for (int i = 0; i < weights.length; i++) {
                    sum += from[number * line + (first + i) * step] * weights[i];
                }
                into[number * intoLine + place * intoStep] = Math.max(0, Math.min(255, sum >> PRECISION));
            }
        }
    }

    private static int[] weights(int first, int end, double center, double narrow) {
        double[] exact = new double[end - first];
        double sum = 0;
        for (int i = 0; i < exact.length; i++) {
            sum += exact[i] = filter((i + first - center + 0.5) * narrow);
        }
        int[] weights = new int[exact.length];
        for (int i = 0; i < exact.length; i++) {
            double weight = (sum == 0 ? exact[i] : exact[i] / sum) * (1 << PRECISION);
            weights[i] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
        }
        return weights;
    }

    private static double filter(double x) {
        x = Math.abs(x);
        @FILTER@
    }
}
