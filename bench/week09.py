"""./dev bench week09: batches of real images by our loader, and by torchvision's ImageFolder with Python's DataLoader.

The same files, transforms and workers, in turn; beside them decoding alone, and our loader on a packed file.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

from turns import Side, compare, record

CASES = (128, 224)  # of presets/bench-SIZE.json


def worker(args):
    """Python's side of one case: the protocol of `bench` in week09_ddp_imagenet/bench.h."""
    import torch
    from torchvision import datasets, transforms
    torch.set_num_threads(1)
    normalise = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    training = transforms.Compose([transforms.RandomResizedCrop(args.size, scale=(args.least_area, 1)),
                                   transforms.RandomHorizontalFlip(), transforms.ToTensor(), normalise])
    centre = transforms.Compose([transforms.Resize((args.size * 8 + 3) // 7), transforms.CenterCrop(args.size),
                                 transforms.ToTensor(), normalise])
    val = datasets.ImageFolder(args.images + '/val', centre)
    means = [float(torch.stack([val[32 * group + i][0] for i in range(32)]).mean()) + 1 for group in range(3)]
    print(json.dumps({'losses': means}), flush=True)
    train = datasets.ImageFolder(args.images + '/train', training)
    loader = torch.utils.data.DataLoader(train, args.batch_size, shuffle=True, num_workers=args.workers,
                                         persistent_workers=True)
    for line in sys.stdin:
        epochs = int(line)
        begin = time.perf_counter()
        for _ in range(epochs):
            for images, labels in loader:
                images = images.contiguous(memory_format=torch.channels_last)
        print(json.dumps({'images_per_s': epochs * len(train) / (time.perf_counter() - begin)}), flush=True)


def images_folder(args):
    """The folder that the C++ side takes."""
    folders = [pathlib.Path(parent) / 'imagenette-subset'
               for parent in (args.data_dir, os.environ.get('DATA_MIRROR', '')) if parent]
    for folder in [*folders, pathlib.Path(args.data_dir) / 'imagenette2-160']:
        if (folder / 'train').is_dir():
            return folder
    raise SystemExit('bench: there are no images; ./dev data imagenette2-160 gets them, or give --images')


def run_case(args, size):
    preset = pathlib.Path(__file__).parents[1] / f'week09_ddp_imagenet/presets/bench-{size}.json'
    print(json.loads(preset.read_text())['about'], flush=True)
    out = pathlib.Path(args.out) / str(size)
    out.parent.mkdir(parents=True, exist_ok=True)

    def cpp(name, label, folder, *flags):
        return Side(name, [args.executable, 'bench', '--preset', f'bench-{size}', '--data-dir', args.data_dir, '--out',
                           folder, *flags], label)

    images = ['--images', args.images] if args.images else []
    sides = [cpp('cpp', 'C++', out, *images)]
    settings = json.loads((out / 'config.json').read_text())['settings']
    folder = args.images or images_folder(args)
    sides.append(Side('torchvision', [sys.executable, __file__, 'worker', '--images', folder, '--size', size,
                                      '--least-area', settings['least-area'], '--batch-size', settings['batch-size'],
                                      '--workers', settings['workers']], "torchvision and Python's DataLoader"))
    sides.append(cpp('decode', 'decoding alone, whole images', out.parent / f'{size}-decode', '--what', 'decode',
                     *images))
    sides.append(cpp('packed', 'C++, a packed file', out.parent / f'{size}-packed', '--images', args.packed))
    measured = compare(sides, 1, args.pairs, tolerance=5e-3)
    for side in sides:
        side.end()
    record(out, measured)


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest='command', required=True)
    side = commands.add_parser('worker', help='the Python side, asked by run')
    side.add_argument('--images', required=True)
    side.add_argument('--size', type=int, required=True)
    side.add_argument('--least-area', type=float, required=True)
    side.add_argument('--batch-size', type=int, required=True)
    side.add_argument('--workers', type=int, required=True)
    run = commands.add_parser('run', help='all sides in turn')
    run.add_argument('--executable', required=True)
    run.add_argument('--out', required=True)
    run.add_argument('--data-dir', required=True)
    run.add_argument('--images', help='another folder with train/ and val/')
    run.add_argument('--pairs', type=int, default=21, help='turns that each side has')
    run.add_argument('--only', type=int, choices=CASES, help='one of the two sizes')
    args = parser.parse_args()
    if args.command == 'worker':
        worker(args)
        return
    args.packed = pathlib.Path(args.out) / 'packed'
    images = ['--images', args.images] if args.images else []
    subprocess.run([args.executable, 'prepare', '--data-dir', args.data_dir, '--to', args.packed, '--out',
                    pathlib.Path(args.out) / 'prepare', *images], check=True)
    for size in CASES:
        if args.only in (None, size):
            run_case(args, size)
    print(f'to put it on record: ./dev results add {args.out}/SIZE')


if __name__ == '__main__':
    main()
