// Made by Edgewright of @MODEL@. Plain Java with AWT.
package edgewright;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Pictures as they are seen: upright, and gray as bright as it is stored. */
public final class Photo {
    private Photo() {}

    /** Read a picture, and turn it as the EXIF of a JPEG says; raises IOException for what is none. */
    public static BufferedImage read(Path path) throws IOException {
        byte[] bytes = Files.readAllBytes(path);
        BufferedImage picture = ImageIO.read(new ByteArrayInputStream(bytes));
        if (picture == null) {
            throw new IOException(path + ": no picture that Java reads");
        }
        return upright(picture, orientation(ByteBuffer.wrap(bytes)));
    }

    /** One int a pixel: alpha, red, green and blue. */
    static int[] pixels(BufferedImage picture) {
        int width = picture.getWidth(), height = picture.getHeight();
        int[] pixels = picture.getRGB(0, 0, width, height, null, 0, width);
        ColorModel colors = picture.getColorModel();
        if (colors.getColorSpace().getType() != ColorSpace.TYPE_GRAY) {
            return pixels;
        }
        int[] grays = picture.getRaster().getSamples(0, 0, width, height, 0, (int[]) null);
        int most = (1 << colors.getComponentSize(0)) - 1;
        for (int i = 0; i < pixels.length; i++) { // getRGB takes a stored gray for linear light
            pixels[i] = pixels[i] & 0xff000000 | (grays[i] * 255 + most / 2) / most * 0x010101;
        }
        return pixels;
    }

    private static BufferedImage upright(BufferedImage picture, int orientation) {
        if (orientation < 2 || orientation > 8) {
            return picture;
        }
        boolean lies = orientation > 4; // its rows are columns
        boolean mirrored = "2378".indexOf('0' + orientation) >= 0, upsideDown = "3467".indexOf('0' + orientation) >= 0;
        int[] pixels = pixels(picture);
        int width = picture.getWidth(), height = picture.getHeight();
        BufferedImage turned =
            new BufferedImage(lies ? height : width, lies ? width : height, BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < turned.getHeight(); y++) {
            for (int x = 0; x < turned.getWidth(); x++) {
                int column = lies ? y : x, row = lies ? x : y;
                column = mirrored ? width - 1 - column : column;
                row = upsideDown ? height - 1 - row : row;
                turned.setRGB(x, y, pixels[row * width + column]);
            }
        }
        return turned;
    }

    /** Tag 274 (EXIF 2.32) in the first EXIF segment of a JPEG; 1, upright, where there is none or it is damaged. */
    static int orientation(ByteBuffer file) {
        try {
            boolean isJpeg = file.getShort(0) == (short) 0xffd8;
            for (int at = 2; isJpeg && file.get(at) == (byte) 0xff && file.get(at + 1) != (byte) 0xda; ) {
                int length = file.getShort(at + 2) & 0xffff;
                if (file.get(at + 1) == (byte) 0xe1 && file.getInt(at + 4) == 0x45786966) { // "Exif", and two zeros
                    return ofTags(file.slice(at + 10, length - 8));
                }
                at += 2 + length;
            }
        } catch (IndexOutOfBoundsException damaged) {
            return 1;
        }
        return 1;
    }

    private static int ofTags(ByteBuffer exif) {
        exif.order(exif.getShort(0) == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int first = exif.getInt(4), count = exif.getShort(first) & 0xffff;
        for (int entry = first + 2; entry < first + 2 + 12 * count; entry += 12) {
            if (exif.getShort(entry) == 274) {
                return exif.getShort(entry + 8);
            }
        }
        return 1;
    }
}
