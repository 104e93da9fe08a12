"""./dev bench week04: training and answering in C++ and in Python's PyTorch, the same work, in turn.

Both sides begin from the same weights and batches, and their first losses are compared.
"""
import argparse
import json
import pathlib
import queue
import shutil
import sys
import threading
import time

from turns import Side, compare, record

CASES = {  # of presets/bench-CASE.json: steps a turn
    'train': 6,
    'data': 4,
    'one': 1000,
}


# --- Python's side: what a careful user of PyTorch writes ------------------------------------------------------------

def resnet18(torch):
    """ResNet-18 for small images, with torchvision's names."""
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self, inputs, channels, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(channels)
            self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(channels)
            self.relu = nn.ReLU(inplace=True)
            self.downsample = None
            if stride != 1 or inputs != channels:
                self.downsample = nn.Sequential(nn.Conv2d(inputs, channels, 1, stride, bias=False),
                                                nn.BatchNorm2d(channels))

        def forward(self, x):
            y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            y += x if self.downsample is None else self.downsample(x)
            return self.relu(y)

    class ResNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(64)
            self.relu = nn.ReLU(inplace=True)
            for i, (inputs, channels, stride) in enumerate([(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]):
                blocks = (Block(inputs, channels, stride), Block(channels, channels, 1))
                setattr(self, f'layer{i + 1}', nn.Sequential(*blocks))
            self.fc = nn.Linear(512, 10)

        def forward(self, x):
            x = self.relu(self.bn1(self.conv1(x)))
            x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
            return self.fc(x.mean((2, 3)))

    return ResNet()


def speed_net(torch, start):
    """The speedrun's network, as wide as the weights in `start`."""
    nn, F = torch.nn, torch.nn.functional

    def conv(name):
        outputs, inputs = start[name + '.weight'].shape[:2]
        return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)

    class Block(nn.Module):
        def __init__(self, name):
            super().__init__()
            self.conv1, self.conv2 = conv(name + '.conv1'), conv(name + '.conv2')
            self.norm1, self.norm2 = (nn.BatchNorm2d(self.conv1.out_channels, eps=1e-12) for _ in range(2))
            for norm in (self.norm1, self.norm2):
                norm.weight.requires_grad_(False)

        def forward(self, x):
            x = F.gelu(self.norm1(F.max_pool2d(self.conv1(x), 2)))
            return F.gelu(self.norm2(self.conv2(x)))

    class SpeedNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.whiten = nn.Conv2d(3, start['whiten.weight'].shape[0], 2)
            self.whiten.weight.requires_grad_(False)
            self.blocks = nn.Sequential(*[Block(f'blocks.{i}') for i in range(3)])
            self.head = nn.Linear(start['head.weight'].shape[1], 10, bias=False)

        def forward(self, x):
            x = self.blocks(F.gelu(self.whiten(x)))
            # max, as torch.compile's gradient of amax is no number in bf16 (PyTorch 2.11)
            return self.head(x.flatten(2).max(2).values) / 9

    return SpeedNet()


def loader(torch, data_dir, micro, seed=0):
    """Batches as the C++ side makes them, two ahead by a thread: alternating flip, shift by up to 2 pixels."""
    import numpy
    folder = pathlib.Path(data_dir) / 'cifar-10-batches-bin'
    raw = numpy.concatenate([numpy.fromfile(folder / f'data_batch_{i}.bin', numpy.uint8) for i in range(1, 6)])
    raw = torch.from_numpy(raw).view(-1, 3073)
    labels = raw[:, 0].long()
    pixels = raw[:, 1:].reshape(-1, 3, 32, 32)
    mean = torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1) * 255
    scale = 1 / (torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1) * 255)
    n = len(labels)
    generator = torch.Generator().manual_seed(seed)
    mirrored = torch.randint(2, (n,), generator=generator).bool()
    ahead = queue.Queue(2)
    threads = torch.get_num_threads()
    alone = threading.Event()

    def make():
        torch.set_num_threads(1)
        torch.get_num_threads()  # settles it: without, this thread's first operation would take the number set below
        alone.set()
        epoch = 0
        while True:
            order = torch.randperm(n, generator=generator)
            for begin in range(0, n - micro + 1, micro):
                ids = order[begin:begin + micro]
                x = pixels[ids]
                flip = mirrored[ids] ^ bool(epoch % 2)
                x = torch.where(flip.view(-1, 1, 1, 1), x.flip(3), x)
                x = torch.nn.functional.pad(x.float(), (2, 2, 2, 2), 'reflect')
                x = x.contiguous(memory_format=torch.channels_last)
                shift = torch.randint(5, (2, micro), generator=generator)
                rows = (shift[0].view(-1, 1) + torch.arange(32)).view(micro, 32, 1)
                columns = (shift[1].view(-1, 1) + torch.arange(32)).view(micro, 1, 32)
                x = x.permute(0, 2, 3, 1)[torch.arange(micro).view(-1, 1, 1), rows, columns].permute(0, 3, 1, 2)
                ahead.put(((x - mean) * scale, labels[ids]))
            epoch += 1

    threading.Thread(target=make, daemon=True).start()
    alone.wait()
    torch.set_num_threads(threads)  # MKL has one number for all threads, which make() set to 1
    return ahead.get


def worker(args):
    """Python's side of one case: the protocol of `bench` in week04_resnet_cifar/bench.h."""
    import torch
    from safetensors.torch import load_file
    if args.threads:
        torch.set_num_threads(args.threads)
    start = load_file(args.start)
    batches = []
    while f'batch.{len(batches)}.images' in start:
        i = len(batches)
        batches.append((start.pop(f'batch.{i}.images').contiguous(memory_format=torch.channels_last),
                        start.pop(f'batch.{i}.targets')))
    micro_batches = len(batches) // 3
    model = resnet18(torch) if 'fc.weight' in start else speed_net(torch, start)
    model.load_state_dict(start)
    model = model.to(memory_format=torch.channels_last).train()
    smoothing = args.label_smoothing
    decay = [p for p in model.parameters() if p.requires_grad and p.dim() > 1]
    rest = [p for p in model.parameters() if p.requires_grad and p.dim() < 2]
    optimizer = torch.optim.SGD([{'params': decay, 'weight_decay': args.weight_decay},
                                 {'params': rest, 'weight_decay': 0}],
                                lr=0.01, momentum=args.momentum, nesterov=True, fused=True)
    forward = torch.compile(model) if args.compile else model

    def autocast():
        return torch.autocast('cpu', torch.bfloat16, enabled=args.precision == 'bf16')

    def step(parts):
        optimizer.zero_grad()
        total = 0.0
        for images, targets in parts:
            with autocast():
                loss = torch.nn.functional.cross_entropy(forward(images), targets, label_smoothing=smoothing)
            loss = loss / len(parts)
            loss.backward()
            total += loss.detach()
        optimizer.step()
        return total

    losses = [float(step(batches[i * micro_batches:(i + 1) * micro_batches])) for i in range(3)]
    print(json.dumps({'losses': losses}), flush=True)
    next_batch = loader(torch, args.data_dir, len(batches[0][1])) if args.what == 'data' else None
    image = batches[0][0][:1].contiguous(memory_format=torch.channels_last)
    if args.what == 'one':
        model.eval()
    for line in sys.stdin:
        n = int(line)
        images = n
        begin = time.perf_counter()
        if args.what == 'one':
            with torch.inference_mode(), autocast():
                for _ in range(n):
                    forward(image)
        else:
            images *= micro_batches * len(batches[0][1])
            for i in range(n):
                step([next_batch() if next_batch else batches[(i * micro_batches + j) % len(batches)]
                      for j in range(micro_batches)])
        print(json.dumps({'images_per_s': images / (time.perf_counter() - begin)}), flush=True)


# --- The comparison --------------------------------------------------------------------------------------------------

def run_case(args, what):
    preset = pathlib.Path(__file__).parents[1] / f'week04_resnet_cifar/presets/bench-{what}.json'
    print(json.loads(preset.read_text())['about'], flush=True)
    out = pathlib.Path(args.out) / what
    out.parent.mkdir(parents=True, exist_ok=True)
    common = ['--data-dir', args.data_dir, *(['--threads', args.threads] if args.threads else [])]

    def cpp(name, label, folder, *flags):
        return Side(name, [args.executable, 'bench', '--preset', f'bench-{what}', '--out', folder, *common, *flags],
                    label)

    ours = cpp('cpp', 'C++', out)
    settings = json.loads((out / 'config.json').read_text())['settings']
    python = [sys.executable, __file__, 'worker', '--what', what, '--start', out / 'start.safetensors', '--momentum',
              settings['momentum'], '--weight-decay', settings['weight-decay'], '--label-smoothing',
              settings['label-smoothing'], '--precision', ours.start['precision'], *common]
    sides = [ours, Side('eager', python, "Python's PyTorch")]
    if not args.no_compile:
        sides.append(Side('compiled', [*python, '--compile'], "Python's PyTorch, torch.compile"))
    if what == 'data':  # what the parts of our side give
        aside = out.parent / 'parts'
        sides.append(cpp('one_lane', 'C++, one lane', aside / 'one_lane', '--lanes', '1'))
        sides.append(cpp('direct', "C++, one lane, the library's convolutions", aside / 'direct', '--lanes', '1',
                         '--direct', 'true'))
    # bf16 has two to three digits, and torch.compile rounds at other places: the third loss differs by half a percent.
    tolerance = 2e-3 if ours.start['precision'] == 'fp32' else 1e-2
    measured = compare(sides, CASES[what], args.pairs, tolerance)
    for side in sides:
        side.end()
    record(out, measured)
    shutil.rmtree(out.parent / 'parts', ignore_errors=True)
    (out / 'start.safetensors').unlink()


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest='command', required=True)
    side = commands.add_parser('worker', help='the Python side, asked by run')
    side.add_argument('--start')
    side.add_argument('--momentum', type=float)
    side.add_argument('--weight-decay', type=float)
    side.add_argument('--label-smoothing', type=float)
    side.add_argument('--precision', choices=('fp32', 'bf16'))
    side.add_argument('--compile', action='store_true')
    side.add_argument('--what', choices=CASES)
    run = commands.add_parser('run', help='both sides in turn')
    run.add_argument('--executable', required=True)
    run.add_argument('--out', required=True)
    run.add_argument('--pairs', type=int, default=7, help='turns that each side has')
    run.add_argument('--no-compile', action='store_true', help='leave torch.compile out')
    run.add_argument('--only', choices=CASES, help='one of the three cases')
    for command in (side, run):
        command.add_argument('--data-dir', required=True)
        command.add_argument('--threads', type=int, default=0)
    args = parser.parse_args()
    if args.command == 'worker':
        worker(args)
        return
    for what in CASES:
        if args.only in (None, what):
            run_case(args, what)
    print(f'to put it on record: ./dev results add {args.out}/WHAT')


if __name__ == '__main__':
    main()
