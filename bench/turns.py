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


def record(out, measured):
    """Adds what was measured to the C++ side's result.json, so that the run can be put on record, and prints it."""
    result = json.loads((out / 'result.json').read_text())
    for name, numbers in measured.items():
        short = 'cpp' if name == 'C++' else name
        result[f'{short}_images_per_s'] = numbers['images_per_s']
        if short != 'cpp':
            result[f'cpp_over_{short}'] = numbers['ratio']
            result[f'cpp_over_{short}_least'], result[f'cpp_over_{short}_most'] = numbers['least'], numbers['most']
        print(f'  {name:14} {numbers["images_per_s"]:9.1f} images/s; C++ is {numbers["ratio"]:.2f} times as fast '
              f'({numbers["least"]:.2f} to {numbers["most"]:.2f})')
    (out / 'result.json').write_text(json.dumps(result, indent=2) + '\n')
