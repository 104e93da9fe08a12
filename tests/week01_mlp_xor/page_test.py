"""The pages of week 01, used as a visitor uses them. python page_test.py EXECUTABLE"""
import json
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'web'))
from browser import PageTest, expect, unittest  # noqa: E402

PHONE = {'width': 360, 'height': 740}


class Playground(PageTest):
    def start(self, fragment='', page=None):
        page = page or self.page
        self.open('/' + fragment, page)
        expect(page.locator('#train-loss')).not_to_have_text('-')
        return page

    def text(self, id, page=None):
        return (page or self.page).locator('#' + id).inner_text()

    def number(self, id, page=None):
        return float(self.text(id, page).replace(',', ''))

    def train_to(self, step, page=None):
        """Waits until `step` is reached, then pauses."""
        page = page or self.page
        page.wait_for_function(
            "n => Number(document.getElementById('step-count').textContent.replaceAll(',', '')) >= n", arg=step)
        page.locator('#run').click()
        expect(page.locator('#run')).to_have_text('Run')

    def shared_link(self, page=None):
        """The part behind # of the link the page shares, once the step it names is the one the page shows."""
        page = page or self.page
        page.locator('#share').click()
        expect(page.locator('#share-text')).to_contain_text('The link has')
        fragment = '#' + page.locator('#share-link').input_value().partition('#')[2]
        page.locator('#close-share').click()
        step = re.search(r'until=(\d+)', fragment)[1]
        expect(page.locator('#step-count')).to_have_text(f'{int(step):,}')  # frames may still be on their way after a pause
        page.wait_for_function('wanted => location.hash === wanted', arg=fragment)
        return fragment

    def network(self, page=None):
        page = page or self.page
        with page.expect_download() as download:
            page.locator('#save-network').click()
        return json.loads(pathlib.Path(download.value.path()).read_text())

    def test_xor_is_learned_by_clicking(self):
        self.start()
        self.page.get_by_label('xor').check()
        self.page.locator('#speed').select_option('3000')
        self.assertNotEqual(self.text('right'), '4 of 4')
        before = self.number('train-loss')
        self.page.locator('#run').click()
        expect(self.page.locator('#right')).to_have_text('4 of 4')
        self.train_to(500)
        self.assertLess(self.number('train-loss'), before / 10)

    def test_step_and_epoch_count(self):
        self.start('#data=circles&batch-size=50')
        self.page.locator('#step').click()
        expect(self.page.locator('#step-count')).to_have_text('1')
        self.page.locator('#epoch').click()
        expect(self.page.locator('#step-count')).to_have_text('4')
        expect(self.page.locator('#epoch-count')).to_have_text(re.compile(r'^1(\.0+)?$'))
        self.page.locator('#reset').click()
        expect(self.page.locator('#step-count')).to_have_text('0')

    def test_own_points_are_set_by_clicking_and_learned(self):
        self.start()
        self.page.locator('#draw-points').click()
        plane = self.page.locator('#plane')
        box = plane.bounding_box()
        at = lambda x, y: plane.click(position={'x': box['width'] * x, 'y': box['height'] * y})
        if self.page.locator('#clear').is_enabled():
            self.page.locator('#clear').click()
        expect(self.page.locator('#own-count')).to_have_text('0 of class 0, 0 of class 1')
        self.page.locator('#tool-0').check()
        at(0.3, 0.3), at(0.35, 0.4)
        self.page.locator('#tool-1').check()
        at(0.8, 0.7), at(0.75, 0.6)
        expect(self.page.locator('#own-count')).to_have_text('2 of class 0, 2 of class 1')
        expect(self.page.locator('#right')).to_contain_text('of 4')
        self.page.locator('#speed').select_option('3000')
        self.page.locator('#run').click()
        expect(self.page.locator('#right')).to_have_text('4 of 4')
        # A point of the keyboard's, then it is taken back.
        plane.focus()
        self.page.keyboard.press('ArrowRight')
        self.page.keyboard.press('1')
        expect(self.page.locator('#own-count')).to_have_text('3 of class 0, 2 of class 1')
        self.page.locator('#undo').click()
        expect(self.page.locator('#own-count')).to_have_text('2 of class 0, 2 of class 1')

    def test_own_points_come_from_csv(self):
        self.start()
        self.page.locator('#draw-points').click()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'points.csv'
            path.write_text('width,height,kind\n' + ''.join(
                f'{100 + i},{i % 7},{"small" if i < 10 else "large"}\n' for i in range(20)))
            with self.page.expect_file_chooser() as chooser:
                self.page.locator('#load-csv').click()
            chooser.value.set_files(str(path))
            expect(self.page.locator('#own-count')).to_have_text('10 of class 0, 10 of class 1')
            expect(self.page.locator('#marks')).to_contain_text('small')
            path.write_text('1,2,a\n3,oops,b\n')
            with self.page.expect_file_chooser() as chooser:
                self.page.locator('#load-csv').click()
            chooser.value.set_files(str(path))
            expect(self.page.get_by_text('wanted a number')).to_be_visible()
        self.faults = [f for f in self.faults if '400' not in f]  # Chromium reports the refusal

    def test_export_and_import_give_the_same_outputs(self):
        self.start('#data=spirals&hidden=6,5&activation=tanh&batch-size=20&until=300')
        expect(self.page.locator('#step-count')).to_have_text('300')
        saved = self.network()
        self.assertEqual(saved['sizes'], [2, 6, 5, 1])
        loss, accuracy = self.text('train-loss'), self.text('right')
        other = self.start('#data=spirals&hidden=2', self.new_page())
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'network.json'
            path.write_text(json.dumps(saved))
            with other.expect_file_chooser() as chooser:
                other.locator('#load-network').click()
            chooser.value.set_files(str(path))
            expect(other.locator('#train-loss')).to_have_text(loss)
            expect(other.locator('#right')).to_have_text(accuracy)
            self.assertEqual(self.network(other), saved)
            for wrong, said in (('{"x": 1}', 'is not a network'),
                                ('{"sizes": [2, 1], "activation": "tanh"}', 'is no network of this week')):
                path.write_text(wrong)
                with other.expect_file_chooser() as chooser:
                    other.locator('#load-network').click()
                chooser.value.set_files(str(path))
                expect(other.get_by_text(said)).to_be_visible()
        other.context.close()
        self.faults = [f for f in self.faults if '400' not in f]

    def test_reload_and_shared_link_bring_the_network_back(self):
        self.start('#data=circles&noise=0.15&hidden=5&activation=relu&batch-size=10&seed=7')
        self.page.locator('#speed').select_option('300')
        self.page.locator('#run').click()
        self.page.wait_for_function(
            "() => Number(document.getElementById('step-count').textContent.replaceAll(',', '')) >= 40")
        self.page.locator('#lr').fill('0.01')  # while it trains
        self.page.locator('#lr').press('Enter')
        self.train_to(120)
        link = self.shared_link()
        self.assertIn('changes=', link)
        step, loss, saved = self.text('step-count'), self.text('train-loss'), self.network()
        self.page.reload()
        expect(self.page.locator('#step-count')).to_have_text(step)
        expect(self.page.locator('#train-loss')).to_have_text(loss)
        expect(self.page.locator('#lr')).to_have_value('0.01')
        expect(self.page.locator('#run')).to_have_text('Run')
        self.assertEqual(self.network(), saved)
        stranger = self.start(link, self.new_page())
        expect(stranger.locator('#step-count')).to_have_text(step)
        self.assertEqual(self.network(stranger), saved)
        stranger.context.close()

    def test_the_inspector_shows_the_weights_of_the_network(self):
        self.start('#hidden=3&until=40')
        expect(self.page.locator('#step-count')).to_have_text('40')
        first = self.network()['layers'][0]
        self.page.locator('#unit-1-2').focus()
        rows = self.page.locator('#inspector-table tbody tr')
        expect(rows).to_have_count(3)  # x1, x2, bias
        for row, wanted in enumerate((first['w'][0][2], first['w'][1][2], first['b'][2])):
            weight, gradient = rows.nth(row).locator('td').all_inner_texts()
            self.assertAlmostEqual(float(weight.replace('−', '-')), wanted, delta=0.006 * abs(wanted) + 1e-6)
            self.assertTrue(abs(float(gradient.replace('−', '-'))) < 1)

    def test_pointing_at_a_line_shows_its_weight_and_gradient(self):
        self.start('#hidden=1')
        first = self.network()['layers'][0]
        middle = lambda box: (box['x'] + box['width'] / 2, box['y'] + box['height'] / 2)
        (x0, y0), (x1, y1) = (middle(self.page.locator(f'#unit-{layer}-0').bounding_box()) for layer in (0, 1))
        self.page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
        expect(self.page.locator('#inspector-title')).to_have_text('From input x1 to layer 1, unit 1')
        weight, gradient = map(float, re.findall(
            r'-?\d+\.?\d*(?:e-?\d+)?', self.text('inspector-text').replace('−', '-')))
        self.assertAlmostEqual(weight, first['w'][0][0], delta=0.006 * abs(weight))
        self.assertNotEqual(gradient, 0)

    def test_a_page_out_of_sight_pauses_and_goes_on(self):
        self.start()
        self.page.locator('#run').click()
        show = """hidden => {
            Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
        self.page.wait_for_function("() => Number(document.getElementById('step-count').textContent) >= 5")
        self.page.evaluate(show, True)
        self.page.wait_for_timeout(300)
        stood = self.text('step-count')
        self.page.wait_for_timeout(700)
        self.assertEqual(self.text('step-count'), stood)
        self.page.evaluate(show, False)
        expect(self.page.locator('#step-count')).not_to_have_text(stood)
        expect(self.page.locator('#run')).to_have_text('Pause')

    def test_two_visitors_have_networks_of_their_own(self):
        self.start()
        other = self.start('', self.new_page())
        other.locator('#step').click()
        expect(other.locator('#step-count')).to_have_text('1')
        self.assertEqual(self.text('step-count'), '0')
        other.context.close()

    def test_phone_width_has_no_sideways_scroll(self):
        for scheme in ('light', 'dark'):
            page = self.start('#hidden=8,8,8,8,8,8', self.new_page(viewport=PHONE, color_scheme=scheme))
            self.expect_no_sideways_scroll(page)
            page.locator('#draw-points').click()
            self.expect_no_sideways_scroll(page)
            page.context.close()

    def test_the_keyboard_reaches_everything(self):
        self.start()
        reached = set(self.reach_with_tab(self.page))
        wanted = {'reset', 'run', 'step', 'epoch', 'speed', 'theme', 'data', 'optimizer', 'lr', 'batch-size', 'l2',
                  'activation', 'init', 'seed', 'new-weights', 'add-layer', 'remove-layer', 'save-network',
                  'load-network', 'share', 'draw-points', 'plane', 'log', 'loss'}
        self.assertEqual(wanted - reached, set())
        self.assertTrue(any(name.startswith('unit-') for name in reached), reached)
        self.page.locator('#unit-1-0').focus()
        self.page.keyboard.press('ArrowDown')
        self.assertEqual(self.page.evaluate('document.activeElement.id'), 'unit-1-1')
        self.page.locator('#run').focus()
        self.page.keyboard.press('Space')
        expect(self.page.locator('#run')).to_have_text('Pause')


class Activations(PageTest):
    def start(self, fragment='', page=None):
        page = page or self.page
        self.open('/activations' + fragment, page)
        expect(page.locator('#sentence')).to_contain_text('layer')
        return page

    def test_the_sentence_follows_the_sliders(self):
        self.start()
        self.page.get_by_label('sigmoid').check()
        before = self.page.locator('#sentence').inner_text()
        self.page.locator('#depth').fill('40')
        expect(self.page.locator('#depth-value')).to_have_text('40')
        expect(self.page.locator('#sentence')).not_to_have_text(before)
        expect(self.page.locator('#sentence')).to_contain_text('sigmoid')
        expect(self.page.locator('#numbers tbody tr')).to_have_count(6)
        self.page.wait_for_function("() => location.hash.includes('depth=40')")
        sentence = self.page.locator('#sentence').inner_text()
        self.page.reload()
        expect(self.page.locator('#sentence')).to_have_text(sentence)

    def test_phone_width_has_no_sideways_scroll(self):
        page = self.start('', self.new_page(viewport=PHONE))
        self.expect_no_sideways_scroll(page)
        page.context.close()

    def test_the_keyboard_reaches_everything(self):
        self.start()
        reached = set(self.reach_with_tab(self.page))
        wanted = {'theme', 'depth', 'width', 'init', 'seed', 'new-weights', 'chart-f', 'chart-slope', 'chart-gradient',
                  'chart-spread'}
        self.assertEqual(wanted - reached, set())


if __name__ == '__main__':
    PageTest.executable = sys.argv.pop(1)
    unittest.main(verbosity=2)
