
    private static float[] box(float[] boxes, int place, Preparation prepared) {
        int[] order = {@ORDER@};
        double[] corners = new double[4];
        for (int side = 0; side < 4; side++) {
            int axis = side % 2;
            double unit = @UNIT@;
            double scale = (prepared.to[axis + 2] - prepared.to[axis]) / (prepared.box[axis + 2] - prepared.box[axis]);
            double corner = boxes[4 * place + order[side]] * unit;
            corners[side] = prepared.box[axis] + (corner - prepared.to[axis]) / scale;
        }
        float[] box = new float[4];
        for (int side = 0; side < 4; side++) {
            double low = Math.min(corners[side % 2], corners[side % 2 + 2]);
            double high = Math.max(corners[side % 2], corners[side % 2 + 2]);
            double most = side % 2 == 0 ? prepared.width : prepared.height;
            box[side] = (float) Math.min(Math.max(side < 2 ? low : high, 0), most);
        }
        return box;
    }
