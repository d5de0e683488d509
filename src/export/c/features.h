/* The bytes of the features of a sample, as a table has them: what the functions below take. `features` and `bytes`:
 * @P@_PIXELS each. A feature that is not a number becomes 128. */
void @p@_features(const float *features, uint8_t *bytes);

