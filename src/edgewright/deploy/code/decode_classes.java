float[] scores = @OUTPUT@;
        @SOFTMAX@Integer[] order = places(scores.length);
        sort(order, scores);
        List<Found> found = new ArrayList<>();
        for (int index : order) {
            if (scores[index] >= threshold) {
                found.add(new Found(index, name(labels, index), scores[index], null));
            }
        }
        return found;
