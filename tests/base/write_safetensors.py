"""Writes the file that safetensors_test.cpp reads: the types in common use with numpy."""
import sys

import numpy as np
from safetensors.numpy import save_file

int64 = np.iinfo(np.int64)
tensors = {
    "f64": np.array([0.1, -1e300]),
    "f32": np.arange(6, dtype=np.float32).reshape(2, 3),
    "f16": np.array([1.5, -2], dtype=np.float16),
    "i64": np.array([int64.min, int64.max]),
    "u8": np.array([0, 1, 255], dtype=np.uint8),
    'größe "0"': np.array([True, False]),
    "one": np.array(1.5, dtype=np.float32),
    "none": np.zeros((0, 3), dtype=np.int64),
}
save_file(tensors, sys.argv[1], metadata={"step": "7", "note": "Grüße \\ 深層"})
