
/* relu: the greater of x and 0. */
static float activation(float x)
{
    return (x < 0.0f ? 0.0f : x) + 0.0f;
}
