"""Measures sides that do the same work in turn, so that a machine whose speed drifts is fair to all."""
import json
import statistics
import subprocess
import tempfile


class Side:
    """A process that answers a line with a number of steps by {"images_per_s": ...}.

    `name` goes into the names of metrics, `label` is for people.
    """

    def __init__(self, name, command, label):
        self.name, self.label = name, label
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
        raise SystemExit(f'bench: {self.label} ended with code {code}:\n{self.words.read()[-2000:]}')

    def measure(self, steps):
        self.process.stdin.write(f'{steps}\n')
        self.process.stdin.flush()
        return self.answer()['images_per_s']

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.words.close()


def compare(sides, steps, pairs, tolerance):
    """Checks that all sides start with equal losses, then measures each in turn, `pairs` times.

    Returns a list of (side, median rate, (median, least, most)), the last three over the turns of the first side's rate
    over this side's in the same turn.
    """
    for side in sides[1:]:
        for a, b in zip(sides[0].losses, side.losses):
            if not abs(a - b) <= tolerance * abs(a):  # so that what is no number differs
                raise SystemExit(f'bench: {side.label} does other work: losses {side.losses}, '
                                 f'{sides[0].label} has {sides[0].losses}')
    for side in sides:
        side.measure(max(1, steps // 2))  # warm
    for turn in range(pairs):
        for side in sides if turn % 2 == 0 else sides[::-1]:
            side.rates.append(side.measure(steps))
        print(f'  turn {turn + 1} of {pairs}: ' +
              ', '.join(f'{side.label} {side.rates[-1]:.0f}' for side in sides), flush=True)
    measured = []
    for side in sides:
        ratios = [a / b for a, b in zip(sides[0].rates, side.rates)]
        measured.append((side, statistics.median(side.rates), (statistics.median(ratios), min(ratios), max(ratios))))
    return measured


def record(out, measured):
    """Adds what compare() measured to the first side's run, so that it can be put on record, and prints it."""
    first = measured[0][0].name
    result = json.loads((out / 'result.json').read_text())
    rows = []
    for side, rate, (ratio, least, most) in measured:
        result[f'{side.name}_images_per_s'] = rate
        if side.name != first:
            result[f'{first}_over_{side.name}'] = ratio
            result[f'{first}_over_{side.name}_least'], result[f'{first}_over_{side.name}_most'] = least, most
        rows.append([side.label, f'{rate:.1f}', f'{ratio:.2f}', f'{least:.2f} to {most:.2f}'])
    (out / 'result.json').write_text(json.dumps(result, indent=2) + '\n')
    columns = ['what', 'images/s (median)', f'{measured[0][0].label} is so many times as fast', 'in single turns']
    (out / 'table_speed.json').write_text(json.dumps({'columns': columns, 'rows': rows}, indent=2) + '\n')
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    for row in [columns, *rows]:
        print('  ' + '  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
