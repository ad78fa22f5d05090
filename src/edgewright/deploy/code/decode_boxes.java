float[] boxes = @BOXES@;
        float[] classes = @CLASSES@;
        float[] scores = @SCORES@;
        int count = @COUNT@;
        Integer[] order = places(count);
        sort(order, scores);
        List<Found> found = new ArrayList<>();
        for (int i : order) {
            if (scores[i] >= threshold && scores[i] > 0) {
                int index = (int) Math.rint(classes[i]);
                found.add(new Found(index, name(labels, index), scores[i], box(boxes, i, prepared)));
            }
        }
        return found;
