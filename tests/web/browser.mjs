// Looks at the page of a running daemon in Chromium. Each row prints a line; the first that fails ends it.
//   node browser.mjs URL PAST FOLDER CHROMIUM NODE_MODULES [SCREENSHOTS]
// PAST is the address of a site with 90 days of history; FOLDER is the daemon's: a file NAME.broken in it makes the monitor NAME fail.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';

const [url, past, folder, executablePath, modules, pictures] = process.argv.slice(2);
const require = createRequire(path.join(modules, 'x.js'));
const {chromium} = require('playwright-core');
const axe = fs.readFileSync(path.join(modules, 'axe-core', 'axe.min.js'), 'utf8');
const token = 'browser-token-0123456789';

const browser = await chromium.launch({executablePath, args: ['--no-sandbox', '--disable-gpu']});
const complaints = [];

// bypassCSP only where axe has to be put into the page: everything else meets the real policy.
const open = async (target, options = {}) => {
  const context = await browser.newContext({viewport: {width: 1100, height: 800}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${target}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${target}: ${error}`));
  page.on('dialog', (dialog) => { complaints.push(`${target}: dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on('requestfailed', (request) => {
    if (!request.url().endsWith('/events')) complaints.push(`${target}: failed ${request.url()}`);
  });
  await page.goto(new URL(target, url).href);
  return page;
};
const set = (name, broken) => broken
  ? fs.writeFileSync(path.join(folder, `${name}.broken`), '')
  : fs.rmSync(path.join(folder, `${name}.broken`), {force: true});
const status = (page, name) => page.locator(`.m[data-n="${name}"] .badge`);
// Playwright's own waitForFunction() wants eval(), which our policy forbids.
const until = async (page, condition, argument) => {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    if (await page.evaluate(condition, argument)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`60 s passed without ${condition}, ${argument}: ${await page.locator('body').innerText()}`);
};
const becomes = async (page, name, word) => until(page, 
  ([n, w]) => [...document.querySelectorAll('.m')].some((row) => row.dataset.n === n && row.querySelector('.badge').textContent === w),
  [name, word]);
const shoot = async (page, name) => {
  if (pictures) await page.screenshot({path: path.join(pictures, `${name}.png`)});
};

const rows = {
  async 'the page says what is, and runs nothing of what it is told'() {
    const page = await open('/');
    await becomes(page, 'backup', 'up');
    await becomes(page, 'shop', 'up');
    assert.equal(await page.locator('.m').count(), 5);
    assert.equal(await page.locator('img').count(), 0);
    assert.match(await page.locator('h1').textContent(), /5 monitors are up/);
    assert.match(await page.title(), /✓/);
    await until(page, () => document.querySelector('#live').textContent === 'live');
    await page.context().close();
  },
  async 'a failure is shown as it happens, and its end'() {
    const page = await open('/');
    await becomes(page, 'shop', 'up');
    await page.evaluate(() => { window.stayed = true; });
    set('shop', true);
    await becomes(page, 'shop', 'down');
    assert.match(await page.locator('h1').textContent(), /1 monitor is down: shop/);
    assert.equal(await page.locator('.m').first().getAttribute('data-n'), 'shop');
    assert.match(await page.title(), /✗/);
    set('shop', false);
    await becomes(page, 'shop', 'up');
    assert.ok(await page.evaluate(() => window.stayed), 'the page was loaded anew');
    await page.context().close();
  },
  async 'checks go on without a reload'() {
    const page = await open('/');
    await until(page, () => document.querySelector('#live').textContent === 'live');
    const at = () => page.locator('.m[data-n="database"] .facts time').nth(1).getAttribute('datetime');
    const before = await at();
    await until(page, (old) =>
      document.querySelectorAll('.m[data-n="database"] .facts time')[1].getAttribute('datetime') !== old, before);
    await page.context().close();
  },
  async 'search and filter'() {
    const page = await open('/');
    await page.fill('#search', 'DATA');
    assert.equal(await page.locator('.m:visible').count(), 1);
    await page.fill('#search', 'back');  // a group's name, and a monitor's
    assert.equal(await page.locator('.m:visible').count(), 3);
    await page.fill('#search', '');
    set('database', true);
    await becomes(page, 'database', 'down');
    await page.check('#problems');
    assert.equal(await page.locator('.m:visible').count(), 1);
    assert.equal(await page.locator('#found').textContent(), '1 shown');
    set('database', false);
    await becomes(page, 'database', 'up');
    assert.equal(await page.locator('.m:visible').count(), 0);  // the filter stays when the page is renewed
    await page.context().close();
  },
  async 'the page of a monitor'() {
    const page = await open('/');
    await page.click('text=a/very/long');
    assert.match(await page.locator('h1').textContent(), /a\/very\/long name with%20signs & more/);
    await page.goBack();
    await page.click('.m[data-n="shop"] a');
    for (const part of ['The front page. Call the hoster.', 'Performance data', '7000 bytes', 'team'])
      assert.ok((await page.locator('main').textContent()).includes(part), part);
    await page.click('text=7d');
    assert.match(page.url(), /span=7d/);
    await page.context().close();
  },
  async 'Test now asks for the token, and shows the outcome'() {
    const page = await open('/monitors/shop');
    await page.fill('#token', 'wrong');
    const ignored = complaints.length;
    await page.click('#test');
    await until(page, () => document.querySelector('#tested').textContent.includes('token is needed'));
    complaints.length = ignored;  // a browser logs every 401
    set('shop', true);
    await page.fill('#token', token);
    await page.click('#test');
    await until(page, () => /^failure: exit 2/.test(document.querySelector('#tested').textContent));
    set('shop', false);
    await page.click('#test');
    await until(page, () => /^ok: exit 0/.test(document.querySelector('#tested').textContent));
    await page.context().close();
  },
  async 'pause, silence and acknowledge, with the keyboard, and what holds is said'() {
    const page = await open('/monitors/shop');
    const badges = () => page.locator('h1 .badge').allTextContents();
    const badge = (word) => until(page,
      (wanted) => [...document.querySelectorAll('h1 .badge')].some((one) => one.textContent === wanted), word);
    const gone = () => until(page, () => !document.querySelector('.laid-over'));
    await page.fill('#token', token);
    await page.fill('#by', 'Ada');
    await page.fill('#note', 'new <disk>');
    await page.focus('#verb-pause');
    await page.keyboard.press('Enter');
    await badge('paused');
    assert.match(await page.locator('.laid-over').textContent(), /by Ada: new <disk>/);
    assert.equal(await page.locator('#note').inputValue(), '');
    await until(page, () => document.activeElement.id === 'verb-pause');
    assert.equal(await page.locator('#verb-pause').textContent(), 'Resume');
    await page.keyboard.press('Enter');
    await gone();
    await page.selectOption('#for', '4h');
    await page.click('#verb-silence');
    await badge('silenced');
    await page.click('#verb-silence');
    await gone();
    set('shop', true);
    await badge('down');
    await page.click('#verb-ack');
    await badge('acknowledged');
    assert.deepEqual(await badges(), ['down', 'acknowledged']);
    set('shop', false);
    await badge('up');
    await gone();
    await page.context().close();
  },
  async 'with the keyboard alone'() {
    const page = await open('/');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Enter');
    const seen = [];
    for (let i = 0; i < 12; ++i) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => document.activeElement.id || document.activeElement.tagName));
    }
    for (const part of ['search', 'problems', 'SUMMARY', 'A']) assert.ok(seen.includes(part), `${part} in ${seen}`);
    await page.context().close();
  },
  async 'without a script'() {
    const page = await open('/', {javaScriptEnabled: false});
    assert.equal(await page.locator('.m:visible').count(), 5);
    assert.match(await page.locator('.m').first().textContent(), /checked \d+ s ago/);
    assert.ok(!await page.locator('#tools').isVisible());
    await page.context().close();
  },
  async 'at 320 pixels nothing sticks out'() {
    for (const target of ['/', past, `${past}monitors/Payments`, `${past}monitors/Backup%20is%20fresh`, `${past}incidents`, '/monitors/shop', `/monitors/${encodeURIComponent('<img src=x onerror=alert(1)>')}`, '/incidents', '/api']) {
      const page = await open(target, {viewport: {width: 320, height: 700}});
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 320, `${target} is ${width} wide`);
      await page.context().close();
    }
  },
  async 'axe finds nothing, in light and in dark, wide and narrow'() {
    const say = (path) => fetch(new URL(`/api/v1/monitors/${path}`, url),
      {method: 'POST', headers: {Authorization: `Bearer ${token}`}, body: ''});
    assert.ok((await say('shop/pause')).ok);
    assert.ok((await say('shop/silence')).ok);
    for (const colorScheme of ['light', 'dark'])
      for (const width of [1100, 320])
        for (const target of ['/', '/monitors/shop', '/api', past, `${past}monitors/Payments`, `${past}monitors/Backup%20is%20fresh`, `${past}incidents`]) {
          const page = await open(target, {colorScheme, viewport: {width, height: 800}, bypassCSP: true});
          await page.evaluate(axe);
          const found = await page.evaluate(async () => (await window.axe.run()).violations.map(
            (one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`));
          assert.deepEqual(found, [], `${target} ${colorScheme} ${width}`);
          await page.context().close();
        }
    assert.ok((await say('shop/resume')).ok);
    assert.ok((await say('shop/unsilence')).ok);
  },
  async 'the past is shown: bars, graph, incidents, and why a notice was not sent'() {
    const page = await open(past);
    assert.equal(await page.locator('svg.bars').count(), 7);
    assert.equal(await page.locator('svg.spark').count(), 7);
    assert.equal(await page.locator('.m').first().getAttribute('data-n'), 'Payments');
    await page.click('.m[data-n="Payments"] a');
    assert.equal(await page.locator('svg.graph .line').count(), 1);
    assert.ok(await page.locator('svg.graph .out').count() > 0);
    const text = await page.locator('main').innerText();
    for (const part of ['sms was never told of the problem', 'failed 3 times in a row', 'exit 7: could not connect', 'by hand'])
      assert.ok(text.includes(part), part);
    await page.click('text=Older checks');
    assert.equal(await page.locator('tbody tr').count(), 30);
    await page.context().close();
  },
  async 'light and dark differ, and are pictured'() {
    const colours = [];
    for (const [name, target, options] of [
      ['page-light', '', {colorScheme: 'light', viewport: {width: 900, height: 780}}],
      ['page-dark', '', {colorScheme: 'dark', viewport: {width: 900, height: 780}}],
      ['page-phone', '', {colorScheme: 'light', viewport: {width: 360, height: 720}}],
      ['monitor-light', 'monitors/Payments', {colorScheme: 'light', viewport: {width: 900, height: 900}}],
    ]) {
      const page = await open(`${past}${target}`, options);
      await until(page, () => document.querySelector('#live').textContent === 'live');
      colours.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      await shoot(page, name);
      await page.context().close();
    }
    assert.notEqual(colours[0], colours[1]);
  },
};

let failed = 0;
for (const [name, row] of Object.entries(rows)) {
  complaints.length = 0;
  try {
    await row();
    assert.deepEqual(complaints, [], 'the browser complained');
    console.log(`passed  ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED  ${name}: ${error.stack}`);
    for (const one of complaints) console.log(`        the browser: ${one}`);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
