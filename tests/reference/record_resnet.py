"""Records torchvision's ResNets: names, outputs, gradients. python record_resnet.py FOLDER

All weights and images follow from `numbers`, which resnet_test.cpp repeats bit for bit, so that no
file of weights is needed.
"""
import json
import pathlib
import sys

import numpy
import torch
import torchvision
from safetensors.torch import save_file

MADE_WITH = {'made_with': f'torch {torch.__version__}, torchvision {torchvision.__version__}'}
NETS = {name: getattr(torchvision.models, name) for name in ('resnet18', 'resnet34', 'resnet50')}
GRADIENTS = ('conv1.weight', 'layer1.1.bn2.weight', 'layer2.0.downsample.0.weight',
             'layer4.1.bn1.bias')
STATISTICS = ('layer1.0.bn1.running_mean', 'layer1.0.bn1.running_var')


def numbers(name, shape, low, high):
    """Float32 numbers in [low, high), drawn by name and place: 24 mixed bits each."""
    key = 0
    for letter in name.encode():
        key = (key * 131 + letter) % 2 ** 64
    place = numpy.arange(int(numpy.prod(shape)), dtype=numpy.uint64)
    bits = (place + numpy.uint64(key)) * numpy.uint64(0x9e3779b97f4a7c15)
    bits = (bits ^ (bits >> numpy.uint64(31))) * numpy.uint64(0xd6e8feb86659fd93)
    share = (bits >> numpy.uint64(40)).astype(numpy.float64) * 2.0 ** -24
    return torch.from_numpy((low + (high - low) * share).astype(numpy.float32).reshape(shape))


def fill_(tensors):
    """Bounds that keep the activations of every layer near 1."""
    for name, tensor in tensors.items():
        if tensor.dim() == 4:
            bound = (6 / (tensor[0].numel())) ** 0.5
        elif tensor.dim() == 2:
            bound = (3 / tensor.shape[1]) ** 0.5
        elif name.endswith('num_batches_tracked'):
            continue
        else:
            bound = 0.1
        low, high = -bound, bound
        if tensor.dim() == 1 and name.endswith(('weight', 'running_var')):
            low, high = 0.5, 1.0
        tensor.copy_(numbers(name, tuple(tensor.shape), low, high))


def filled(make):
    net = make(weights=None)
    with torch.no_grad():
        fill_(net.state_dict())
    return net


def main():
    torch.set_num_threads(1)
    folder = pathlib.Path(sys.argv[1])
    images = numbers('images', (2, 3, 64, 64), -2.0, 2.0)
    shapes, tensors = [], {}
    for name, make in NETS.items():
        state = filled(make).state_dict()
        entries = ',\n'.join(f'{json.dumps(n)}: {list(t.shape)}' for n, t in state.items())
        shapes.append(f'"{name}": {{\n{entries}\n}}')
    for name in NETS:
        with torch.no_grad():
            tensors[f'{name}.logits'] = filled(NETS[name]).eval()(images)
    net = filled(NETS['resnet18']).train()
    # Squared, so that the gradient depends on the logits too.
    net(images).square().mean().backward()
    tensors.update({f'gradient.{n}': net.get_parameter(n).grad for n in GRADIENTS})
    tensors.update({f'after.{n}': net.get_buffer(n) for n in STATISTICS})
    save_file(tensors, folder / 'resnet.safetensors', metadata=MADE_WITH)
    text = json.dumps(MADE_WITH)[:-1] + ',\n' + ',\n'.join(shapes) + '}\n'
    (folder / 'resnet_shapes.json').write_text(text)


if __name__ == '__main__':
    main()
