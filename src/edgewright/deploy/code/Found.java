// Made by Edgewright of @MODEL@. Plain Java, which runs on Android too.
package edgewright;

/** One thing that the model says: of which class it is, how sure that is, and where it is. */
public final class Found {
    public final int index;
    public final String label;
    public final float score;
    /** Left, top, right and bottom in pixels of the picture; null where the model says no places. */
    public final float[] box;

    Found(int index, String label, float score, float[] box) {
        this.index = index;
        this.label = label;
        this.score = score;
        this.box = box;
    }

    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(label).append('\t').append(score);
        for (int side = 0; box != null && side < 4; side++) {
            line.append('\t').append(box[side]);
        }
        return line.toString();
    }
}
