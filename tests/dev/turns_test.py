"""The harness of ./dev bench: sides in turn, ratios within a turn, work that differs is refused."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / 'bench'))
from turns import Side, compare, record  # noqa: E402

# Answers each line with the next of the rates it was given.
ANSWERS = """
import json, sys
print('not an answer')
print(json.dumps({'losses': json.loads(sys.argv[1])}), flush=True)
rates = json.loads(sys.argv[2])
for line in sys.stdin:
    print(json.dumps({'images_per_s': rates.pop(0)}), flush=True)
"""


def side(name, rates, losses=(2.0, 1.0)):
    return Side(name, [sys.executable, '-c', ANSWERS, json.dumps(losses), json.dumps(rates)], name.upper())


class Turns(unittest.TestCase):
    def measured(self, sides):
        self.addCleanup(lambda: [each.end() for each in sides])
        return compare(sides, steps=2, pairs=3, tolerance=1e-3)

    def test_a_ratio_is_of_one_turn(self):
        # The machine's speed doubles in the second turn; the first answers are for warming up.
        first, second = self.measured([side('a', [1, 10, 20, 12]), side('b', [1, 5, 8, 4])])
        self.assertEqual(first[1:], (12, (1, 1, 1)))
        self.assertEqual(second[1:], (5, (2.5, 2, 3)))

    def test_other_work_is_refused(self):
        with self.assertRaisesRegex(SystemExit, 'B does other work'):
            self.measured([side('a', [1]), side('b', [1], losses=(2.0, 1.1))])

    def test_a_loss_that_is_no_number_is_other_work(self):
        with self.assertRaisesRegex(SystemExit, 'B does other work'):
            self.measured([side('a', [1]), side('b', [1], losses=(2.0, float('nan')))])

    def test_one_that_fails_is_told_with_its_words(self):
        with self.assertRaisesRegex(SystemExit, 'A ended with code 3:\nno such thing'):
            Side('a', [sys.executable, '-c', 'import sys; print("no such thing", file=sys.stderr); sys.exit(3)'], 'A')

    def test_the_record_has_rates_ratios_and_a_table(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            (out / 'result.json').write_text('{"seconds": 1.5}')
            record(out, self.measured([side('cpp', [1, 10, 20, 12]), side('eager', [1, 5, 8, 4])]))
            result = json.loads((out / 'result.json').read_text())
            self.assertEqual(result, {'seconds': 1.5, 'cpp_images_per_s': 12, 'eager_images_per_s': 5,
                                      'cpp_over_eager': 2.5, 'cpp_over_eager_least': 2, 'cpp_over_eager_most': 3})
            table = json.loads((out / 'table_speed.json').read_text())
            self.assertEqual(table['rows'][1], ['EAGER', '5.0', '2.50', '2.00 to 3.00'])


if __name__ == '__main__':
    unittest.main()
