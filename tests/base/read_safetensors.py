"""Prints a file as Python reads it: {metadata, tensors: {name: [type, shape, values]}}."""
import json
import sys

from safetensors import safe_open

with safe_open(sys.argv[1], framework="numpy") as file:
    tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
    metadata = dict(sorted(file.metadata().items()))
told = {name: [str(t.dtype), t.shape, t.tolist()] for name, t in tensors.items()}
print(json.dumps({"metadata": metadata, "tensors": told}))
