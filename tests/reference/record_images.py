"""Records what PIL and torchvision make of images: decoding, resampling, crops, colour operations.

python record_images.py       writes images.safetensors, image.jpg and image_cmyk.jpg here
Recorded with torch 2.11.0, torchvision 0.26.0, pillow 13.0.0. Seed 5 for the random crops.
"""
import pathlib

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import RandAugment, _apply_op
from torchvision.transforms.functional import InterpolationMode

HERE = pathlib.Path(__file__).parent
found = {}


def pixels(image):
    return torch.from_numpy(numpy.asarray(image.convert('RGB')).copy())  # [H, W, 3]


# Waves of several lengths, so that a wrong filter or a shift by a pixel shows.
y, x = numpy.mgrid[0:90, 0:120]
waves = [127 + 60 * numpy.sin(x / a) + 60 * numpy.cos(y / b) for a, b in ((3, 14), (23, 2), (4, 9))]
Image.fromarray(numpy.stack(waves, -1).round().astype(numpy.uint8)).save(HERE / 'image.jpg', quality=90)
image = Image.open(HERE / 'image.jpg')
found['decoded'] = pixels(image)

small = image.resize((48, 32), Image.BICUBIC)
small.convert('CMYK').save(HERE / 'image_cmyk.jpg', quality=95)
found['cmyk'] = pixels(Image.open(HERE / 'image_cmyk.jpg'))

# left, top, width, height, size: larger, smaller, and one of each; the last at the image's corner.
boxes = [(11, 7, 20, 15, 28), (3, 2, 110, 80, 24), (30, 5, 25, 84, 20), (0, 0, 120, 90, 22), (99, 71, 21, 19, 16)]
found['boxes'] = torch.tensor(boxes)
for i, (left, top, width, height, size) in enumerate(boxes):
    found[f'crop{i}'] = pixels(F.resized_crop(image, top, left, height, width, [size, size]))
    tensor = pixels(image).permute(2, 0, 1).float()
    found[f'crop{i}_float'] = F.resized_crop(tensor, top, left, height, width, [size, size],
                                             antialias=True).permute(1, 2, 0).contiguous()
for shorter, size in ((40, 32), (56, 33)):
    found[f'centre{shorter}'] = pixels(F.center_crop(F.resize(image, shorter), size))

# Operations on a small image with few dark and no white pixels, so that contrast has something to do.
canvas = Image.fromarray((numpy.asarray(image.resize((32, 24))) * 0.7 + 20).astype(numpy.uint8))
found['canvas'] = pixels(canvas)
space = RandAugment()._augmentation_space(31, (24, 32))
for name, (magnitudes, signed) in space.items():
    for sign in ((1, -1) if signed else (1,)):
        magnitude = sign * float(magnitudes[9]) if magnitudes.ndim > 0 else 0.0
        found[f'{name}{"-" if sign < 0 else ""}'] = pixels(
            _apply_op(canvas, name, magnitude, InterpolationMode.NEAREST, None))
for factor in (0.3, 1.7):
    found[f'brightness{factor}'] = pixels(F.adjust_brightness(canvas, factor))
    found[f'contrast{factor}'] = pixels(F.adjust_contrast(canvas, factor))
    found[f'saturation{factor}'] = pixels(F.adjust_saturation(canvas, factor))
for turns in (-0.2, 0.35):
    found[f'hue{turns}'] = pixels(F.adjust_hue(canvas, turns))

# Where random crops go, in images of the usual shape and of extreme ones: mean and deviation of
# area, logarithm of the ratio, left and top, over what the image has.
torch.manual_seed(5)
for width, height in ((500, 375), (300, 40), (40, 300)):
    draws = torch.tensor([RandomResizedCrop.get_params(torch.empty(3, height, width), (0.08, 1), (3 / 4, 4 / 3))
                          for _ in range(20000)]).double()  # [N, 4]: top, left, height, width
    top, left, h, w = draws.unbind(1)
    values = torch.stack([w * h / (width * height), (w / h).log(), left / width, top / height], 1)
    found[f'draws{width}'] = torch.stack([values.mean(0), values.std(0)])
save_file({name: value.contiguous() for name, value in found.items()}, HERE / 'images.safetensors')
