
const char *const @p@_names[@P@_CLASSES] = {
@names@};

int @p@_predict(const uint8_t *pixels)
{
    @type@ logits[@P@_CLASSES];
    @p@_logits(pixels, logits);
    return greatest(logits);
}
