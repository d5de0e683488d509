    {
        /* FNV-1a, word by word, of the bytes of four rows of features and of the map: across each one's range and beyond;
         * in the last row, of any bits. */
        static const uint32_t expected_bytes[4] = {@expected-bytes@};
        float features[@P@_PIXELS];
        uint32_t row;
        for (row = 0; row < 4; row++) {
            uint32_t state = row, hash = 0x811c9dc5u;
            unsigned i;
            for (i = 0; i < @P@_PIXELS; i++) {
                const float low = feature_map[i][0], f = feature_map[i][1];
                state = state * 1664525u + 1013904223u;
                features[i] = ((float)(int)(state >> 22) - 256.0f) * 0.5f;
                if (f > 0.0f) {
                    features[i] = low + features[i] / f;
                }
                if (row == 3) {
                    features[i] = from_bits(state);
                }
            }
            @p@_features(features, pixels);
            for (i = 0; i < @P@_PIXELS; i++) {
                hash = (hash ^ pixels[i] ^ to_bits(feature_map[i][0]) ^ to_bits(feature_map[i][1])) * 0x01000193u;
            }
            wrong += hash != expected_bytes[row];
        }
    }
