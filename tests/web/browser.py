"""A week's page in a real Chromium: starts the week's server, opens a browser, watches the console.

Needs COURSE_TEST_PYTHON's packages (playwright) and a Chromium on the path. Without them a test
exits with 77, which CTest shows as skipped; with COURSE_REQUIRE_DATA=1 that is a failure.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest


def give_up(why):
    print('SKIPPED:', why)
    sys.exit(1 if os.environ.get('COURSE_REQUIRE_DATA') else 77)


CHROMIUM = next((p for p in map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome')) if p), None)
try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    give_up('needs playwright from PyPI; ./dev test installs it')
if CHROMIUM is None:
    give_up('needs chromium; ./dev test installs it')

expect.set_options(timeout=30_000)  # a busy machine is slow


class Week:
    """A week's `serve` on a free port."""

    def __init__(self, executable, arguments):
        self.process = subprocess.Popen([executable, 'serve', '--port', '0', *arguments], stdout=subprocess.PIPE,
                                        text=True)
        self.address = re.search(r'http://[\d.]+:\d+', self.process.stdout.readline()).group()

    def end(self):
        """Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=20)
        return self.process.returncode


class PageTest(unittest.TestCase):
    """A new browser page for each test; a word on the console fails it."""

    executable = None  # of the week
    arguments = ()  # of its `serve`

    @classmethod
    def setUpClass(cls):
        cls.week = Week(cls.executable, cls.arguments)
        cls.playwright = sync_playwright().start()
        cls.browser = cls.playwright.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox'])

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.playwright.stop()
        code = cls.week.end()
        assert code == 0, f'the server ended with {code}'

    def setUp(self):
        self.faults = []
        self.page = self.new_page()

    def new_page(self, **options):
        page = self.browser.new_context(**options).new_page()
        page.set_default_timeout(30_000)
        page.on('console', lambda m: self.faults.append(m.text) if m.type in ('error', 'warning') else None)
        page.on('pageerror', lambda e: self.faults.append(str(e)))
        return page

    def tearDown(self):
        self.page.context.close()
        self.assertEqual(self.faults, [], 'words on the console')

    def open(self, path, page=None):
        (page or self.page).goto(self.week.address + path)

    def expect_no_sideways_scroll(self, page):
        wide = page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
        self.assertLessEqual(wide, 0, 'the page is wider than the window')

    def reach_with_tab(self, page, most=300):
        """Presses Tab through the page; returns the ids (or texts) that got the focus, in order."""
        reached = []
        for _ in range(most):
            page.keyboard.press('Tab')
            name = page.evaluate('''() => {
                const at = document.activeElement;
                if (!at || at === document.body) return null;
                return at.id || at.name || at.textContent.trim().slice(0, 40);
            }''')
            if name is None:
                break
            reached.append(name)
        return reached
