"""Records how torchvision prepares an image for its ResNets, and a state_dict as torch.save writes it.

python record_imagenet.py       writes imagenet.safetensors, imagenet.png and state_dict.pth here
Recorded with torch 2.11.0, torchvision 0.26.0, pillow as torchvision wants it. Nothing is random.
"""
import pathlib

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision.models import ResNet50_Weights

HERE = pathlib.Path(__file__).parent

# Waves of several lengths, so that a wrong filter or a shift by a pixel shows.
y, x = numpy.mgrid[0:300, 0:410]
waves = [127 + 60 * numpy.sin(x / a) + 60 * numpy.cos(y / b) for a, b in ((9, 14), (23, 5), (4, 31))]
image = Image.fromarray(numpy.stack(waves, -1).round().astype(numpy.uint8))
image.save(HERE / 'imagenet.png', optimize=True)
prepared = ResNet50_Weights.IMAGENET1K_V1.transforms()(image)  # [3, 224, 224]
save_file({'means': torch.nn.functional.avg_pool2d(prepared[None], 16)[0].contiguous(),
           'corner': prepared[:, :8, :8].contiguous()}, HERE / 'imagenet.safetensors')

state = {'conv1.weight': torch.arange(24.).view(2, 3, 2, 2), 'bn1.num_batches_tracked': torch.tensor(7),
         'fc.weight': torch.tensor([[1.5, -2.]], dtype=torch.float64)}
torch.save(state, HERE / 'state_dict.pth')
