"""Records learning rates and momenta of PyTorch's schedulers. python record_schedules.py FOLDER"""
import json
import pathlib
import sys
import warnings

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR

# Every combination that a mistake could tell apart: form, phases, optimizer, odd and even lengths,
# a rise that takes none of the steps, less than one, more than half, and all.
ONE_CYCLES = [
    dict(optimizer='SGD', total_steps=97, anneal='cos'),
    dict(optimizer='AdamW', total_steps=400, anneal='linear', pct_start=0.25),
    dict(optimizer='AdamW', total_steps=400, anneal='cos', three_phase=True),
    dict(optimizer='SGD', total_steps=97, anneal='linear', three_phase=True, pct_start=0.4),
    dict(optimizer='SGD', total_steps=100, anneal='cos', pct_start=0.0),
    dict(optimizer='SGD', total_steps=61, anneal='linear', pct_start=1.0),
    dict(optimizer='SGD', total_steps=97, anneal='cos', cycle_momentum=False, pct_start=0.45,
         div_factor=10.0, final_div_factor=100.0),
    dict(optimizer='SGD', total_steps=97, anneal='cos', three_phase=True, pct_start=0.6),
    dict(optimizer='AdamW', total_steps=7, anneal='cos', pct_start=0.1, base_momentum=0.6,
         max_momentum=0.9),
]
DEFAULTS = dict(max_lr=0.3, pct_start=0.3, cycle_momentum=True, base_momentum=0.85,
                max_momentum=0.95, div_factor=25.0, final_div_factor=1e4, three_phase=False)


def optimizer_of(name, momentum):
    weight = [torch.zeros(1, requires_grad=True)]
    if name == 'SGD':
        return torch.optim.SGD(weight, lr=0.1, momentum=momentum)
    return torch.optim.AdamW(weight, lr=0.1, betas=(momentum, 0.999))


def one_cycle(case):
    settings = {**DEFAULTS, **case}
    options = {**settings, 'anneal_strategy': settings['anneal']}
    name, _ = options.pop('optimizer'), options.pop('anneal')
    optimizer = optimizer_of(name, settings['max_momentum'])
    scheduler = OneCycleLR(optimizer, **options)
    lr, momentum = [], []
    for step in range(settings['total_steps']):
        group = optimizer.param_groups[0]
        lr.append(group['lr'])
        momentum.append(group['momentum'] if name == 'SGD' else group['betas'][0])
        if step + 1 < settings['total_steps']:
            scheduler.step()
    return {**settings, 'lr': lr, 'momentum': momentum}


def closed_form(scheduler, steps):
    """A scheduler of PyTorch goes from each rate to the next; its closed form has no such error."""
    rates = []
    for step in range(steps):
        scheduler.last_epoch = step
        rates.append(scheduler._get_closed_form_lr()[0])
    return rates


def main():
    warnings.simplefilter('ignore')  # of schedulers that step without their optimizer
    cosine = CosineAnnealingLR(optimizer_of('SGD', 0.9), T_max=50, eta_min=0.003)
    decay = StepLR(optimizer_of('SGD', 0.9), step_size=7, gamma=0.3)
    lines = [f'"made_with": "torch {torch.__version__}"',
             '"cosine": ' + json.dumps(dict(lr=0.1, steps=50, last=0.003,
                                            rates=closed_form(cosine, 51))),
             '"step_decay": ' + json.dumps(dict(lr=0.1, every=7, factor=0.3,
                                                rates=closed_form(decay, 40))),
             '"one_cycle": [\n' + ',\n'.join(json.dumps(one_cycle(c)) for c in ONE_CYCLES) + '\n]']
    text = '{\n' + ',\n'.join(lines) + '\n}\n'
    (pathlib.Path(sys.argv[1]) / 'schedules.json').write_text(text)


if __name__ == '__main__':
    main()
