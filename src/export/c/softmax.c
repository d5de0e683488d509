
static int greatest(const float *logits)
{
    int k, best = 0;
    for (k = 1; k < @P@_CLASSES; k++) {
        if (logits[k] > logits[best]) {
            best = k;
        }
    }
    return best;
}

void @p@_softmax(float *logits)
{
    const float most = logits[greatest(logits)];
    float sum = 0.0f;
    int k;
    for (k = 0; k < @P@_CLASSES; k++) {
        logits[k] = exp_nonpositive(logits[k] - most);
        sum += logits[k];
    }
    for (k = 0; k < @P@_CLASSES; k++) {
        logits[k] /= sum;
    }
}
