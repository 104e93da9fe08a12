"""Records PyTorch's optimizers, clipping and loss scaling. python record_optimizers.py FOLDER

The problem is a small least-squares one: y = w2 w1 x + b, loss = squared error / (2 N).
"""
import json
import pathlib
import sys
import warnings

import numpy
import torch
from safetensors.torch import save_file
from torch.optim.lr_scheduler import OneCycleLR

SEED, STEPS, KEPT = 11, 50, (1, 10, 50)
MADE_WITH = {'made_with': f'torch {torch.__version__}, seed {SEED}'}


def problem():
    torch.manual_seed(SEED)
    draw = lambda *shape: torch.randn(*shape, dtype=torch.float64)
    # Small weights: the steepest curvature stays below what the largest rate here bears.
    # One matrix is wide, one tall, and their gradients have full rank: Muon would blow up rounding
    # where a singular value is 0.
    return {'x': draw(4, 8), 'y': draw(6, 8), 'w1': draw(3, 4) / 3, 'w2': draw(6, 3) / 3,
            'b': draw(6, 1)}


def loss_of(data, w1, w2, b):
    return ((w2 @ w1 @ data['x'] + b - data['y']) ** 2).sum() / (2 * data['x'].shape[1])


def train(data, make, schedule=None, dtype=torch.float64):
    """Returns the weights at KEPT steps. Args: make(w1, w2, b) returns a list of optimizers."""
    data = {name: value.to(dtype) for name, value in data.items()}
    weights = {name: data[name].clone().requires_grad_() for name in ('w1', 'w2', 'b')}
    optimizers = make(*weights.values())
    schedulers = [schedule(optimizer) for optimizer in optimizers] if schedule else []
    kept = {}
    for step in range(1, STEPS + 1):
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss_of(data, *weights.values()).backward()
        for optimizer in optimizers:
            optimizer.step()
        if step < STEPS:
            for scheduler in schedulers:
                scheduler.step()
        if step in KEPT:
            assert all(w.abs().max() < 10 for w in weights.values()), 'the training diverges'
            kept.update({f'{step}.{n}': w.detach().clone() for n, w in weights.items()})
    return kept


class NumpyMuon:
    """Muon's published formula in float64: torch.optim.Muon iterates in bf16 only.

    Source: Jordan et al. 2024, kellerjordan.github.io/posts/muon; the average and the weight decay
    are those of torch.optim.Muon's documentation and settings.
    """

    def __init__(self, weights, lr, momentum, weight_decay):
        self.weights, self.lr, self.momentum, self.decay = weights, lr, momentum, weight_decay
        self.averages = [numpy.zeros(w.shape) for w in weights]

    def zero_grad(self):
        for weight in self.weights:
            weight.grad = None

    def step(self):
        for weight, average in zip(self.weights, self.averages):
            gradient, mu = weight.grad.numpy(), self.momentum
            average *= mu
            average += (1 - mu) * gradient
            update = (1 - mu) * gradient + mu * average
            x = update / max(numpy.sqrt((update ** 2).sum()), 1e-7)
            for _ in range(5):
                # From the side of the columns; the result is the same from either.
                gram = x.T @ x
                x = 3.4445 * x - 4.7750 * x @ gram + 2.0315 * x @ gram @ gram
            rows, columns = weight.shape
            new = weight.detach().numpy() * (1 - self.lr * self.decay)
            new -= self.lr * max(1, rows / columns) ** 0.5 * x
            weight.data = torch.from_numpy(new)


def one_cycle(optimizer):
    return OneCycleLR(optimizer, max_lr=0.1, total_steps=STEPS)


def cases():
    sgd, adamw, muon = torch.optim.SGD, torch.optim.AdamW, torch.optim.Muon
    adam = lambda *w: [adamw(w, lr=0.02, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.1)]
    return {
        'sgd': (lambda *w: [sgd(w, lr=0.05, momentum=0.9)],),
        'sgd_nesterov': (lambda *w: [sgd(w, lr=0.05, momentum=0.8, nesterov=True,
                                         weight_decay=0.01)],),
        'sgd_plain': (lambda *w: [sgd(w, lr=0.1, weight_decay=0.05)],),
        'sgd_one_cycle': (lambda *w: [sgd(w, lr=0.1, momentum=0.9, nesterov=True)], one_cycle),
        'sgd_groups': (lambda w1, w2, b: [sgd(
            [dict(params=[w1, w2], weight_decay=0.02), dict(params=[b], lr=0.1, weight_decay=0)],
            lr=0.05, momentum=0.9, nesterov=True)],),
        'adamw': (adam,),
        'adamw_one_cycle': (adam, one_cycle),
        'muon_float64': (lambda w1, w2, b: [NumpyMuon([w1, w2], 0.02, 0.9, 0.1), *adam(b)],),
        'muon_bf16': (lambda w1, w2, b: [muon([w1, w2], lr=0.02, momentum=0.9, weight_decay=0.1),
                                         *adam(b)], None, torch.float32),
    }


def record_clipping(data):
    weights = [data[name].clone().requires_grad_() for name in ('w1', 'w2', 'b')]
    result = {}
    for name, most in (('binding', 0.5), ('loose', 1000.0)):
        for weight in weights:
            weight.grad = None
        loss_of(data, *weights).backward()
        result[f'clip_{name}.norm'] = torch.nn.utils.clip_grad_norm_(weights, most)
        result.update({f'clip_{name}.{n}': w.grad.clone()
                       for n, w in zip(('w1', 'w2', 'b'), weights)})
    return result


def record_scaler(scale, growth, backoff, interval, bad):
    """Loss = |w|^2 / 2; at the steps in `bad` a gradient is made infinite or NaN."""
    weight = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    scaler = torch.amp.GradScaler('cpu', init_scale=scale, growth_factor=growth,
                                  backoff_factor=backoff, growth_interval=interval)
    scales, trackers, weights = [], [], []
    for step in range(24):
        optimizer.zero_grad()
        scaler.scale((weight * weight).sum() / 2).backward()
        if step in bad:
            weight.grad[1] = float('inf') if step % 2 else float('nan')
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
        trackers.append(scaler._get_growth_tracker())
        weights.append(weight.detach().tolist())
    return dict(scale=scale, growth=growth, backoff=backoff, interval=interval, bad=bad,
                scales=scales, trackers=trackers, weights=weights)


def main():
    warnings.simplefilter('ignore')
    torch.set_num_threads(1)
    folder, data = pathlib.Path(sys.argv[1]), problem()
    tensors = {f'data.{name}': value for name, value in data.items()}
    for name, case in cases().items():
        tensors.update({f'{name}.{key}': value for key, value in train(data, *case).items()})
    tensors.update(record_clipping(data))
    save_file({name: value.contiguous() for name, value in tensors.items()},
              folder / 'optimizers.safetensors', metadata=MADE_WITH)
    # The last: a scale that would grow beyond float stays.
    scalers = [record_scaler(8.0, 2.0, 0.5, 3, [4, 9, 10]),
               record_scaler(1000.0, 1.75, 0.3, 2, [0, 7, 20]),
               record_scaler(2.0 ** 120, 16.0, 0.5, 1, [15])]
    text = json.dumps(MADE_WITH)[:-1] + ', "sequences": [\n' + ',\n'.join(map(json.dumps, scalers))
    (folder / 'grad_scaler.json').write_text(text + '\n]}\n')


if __name__ == '__main__':
    main()
