"""Measures sides that do the same work in turn, so that a machine whose speed drifts is fair to all."""
import json
import statistics
import subprocess
import tempfile


class Side:
    """A process that answers a line with a number of steps by {"images_per_s": ...}."""

    def __init__(self, name, command):
        self.name = name
        self.words = tempfile.TemporaryFile(mode='w+')
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.words, text=True)
        self.start = self.answer()
        self.losses = self.start['losses']
        self.rates = []

    def answer(self):
        for line in self.process.stdout:
            if line.startswith('{'):
                return json.loads(line)
        code = self.process.wait()
        self.words.seek(0)
        raise SystemExit(f'bench: {self.name} ended with code {code}:\n{self.words.read()[-2000:]}')

    def measure(self, steps):
        self.process.stdin.write(f'{steps}\n')
        self.process.stdin.flush()
        return self.answer()['images_per_s']

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def compare(sides, steps, pairs, tolerance):
    """Checks that all sides start with equal losses, then measures each in turn, `pairs` times.

    Returns {side: {images_per_s, ratio, least, most}}: the median rate, and the median, least and most over the
    turns of the first side's rate over this side's in the same turn.
    """
    for side in sides[1:]:
        for a, b in zip(sides[0].losses, side.losses):
            if abs(a - b) > tolerance * abs(a):
                raise SystemExit(f'bench: {side.name} does other work: losses {side.losses}, '
                                 f'{sides[0].name} has {sides[0].losses}')
    for side in sides:
        side.measure(max(1, steps // 2))  # warm
    for turn in range(pairs):
        for side in sides if turn % 2 == 0 else sides[::-1]:
            side.rates.append(side.measure(steps))
        print(f'  turn {turn + 1} of {pairs}: ' +
              ', '.join(f'{side.name} {side.rates[-1]:.0f}' for side in sides), flush=True)
    measured = {}
    for side in sides:
        ratios = [a / b for a, b in zip(sides[0].rates, side.rates)]
        measured[side.name] = {'images_per_s': statistics.median(side.rates), 'ratio': statistics.median(ratios),
                               'least': min(ratios), 'most': max(ratios)}
    return measured
