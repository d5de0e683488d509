
static int greatest(const int32_t *logits)
{
    int k, best = 0;
    for (k = 1; k < @P@_CLASSES; k++) {
        if (logits[k] > logits[best]) {
            best = k;
        }
    }
    return best;
}

/* The one function that takes floats; without it a linker can leave all of them out. */
void @p@_softmax(const int32_t *logits, float *probabilities)
{
    const float most = (float)logits[greatest(logits)] * @unit@;
    float sum = 0.0f;
    int k;
    for (k = 0; k < @P@_CLASSES; k++) {
        probabilities[k] = exp_nonpositive((float)logits[k] * @unit@ - most);
        sum += probabilities[k];
    }
    for (k = 0; k < @P@_CLASSES; k++) {
        probabilities[k] /= sum;
    }
}
