
    private static float[] softmax(float[] logits) {
        double largest = Double.NEGATIVE_INFINITY, sum = 0;
        for (float logit : logits) {
            largest = Math.max(largest, logit);
        }
        double[] powers = new double[logits.length];
        for (int i = 0; i < logits.length; i++) {
            sum += powers[i] = Math.exp(logits[i] - largest);
        }
        float[] shares = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            shares[i] = (float) (powers[i] / sum);
        }
        return shares;
    }
